/**
 * Label selectors, read once and matched often.
 * @see kubernetes/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go LabelSelectorAsSelector
 */
import type { LabelSelector } from '../../../model/api/types.ts';
import type { FieldErrors } from '../../../model/field-error.ts';
import { checkCount } from './limits.ts';
import type { Labels } from './labels.ts';

export type SelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: ReadonlySet<string>;
}

/** All requirements hold; `undefined` stands for the absent selector, which matches nothing. */
export type CompiledSelector = readonly LabelRequirement[] | undefined;

export const SELECTOR_OPERATORS: readonly string[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** What is wrong with the selector goes to `errors`, under `field`. */
export function compileSelector(
  selector: LabelSelector | undefined,
  field: string,
  errors: FieldErrors,
): CompiledSelector {
  if (selector === undefined) return undefined;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push(isOneOf(key, [value]));
  }
  const expressions = selector.matchExpressions ?? [];
  checkCount(expressions, `${field}.matchExpressions`, errors);
  for (const [index, { key, operator, values = [] }] of expressions.entries()) {
    const at = `${field}.matchExpressions[${index}]`;
    if (!isSelectorOperator(operator)) {
      errors.notSupported(`${at}.operator`, operator, SELECTOR_OPERATORS);
      continue;
    }
    checkCount(values, `${at}.values`, errors);
    const needsValues = operator === 'In' || operator === 'NotIn';
    if (needsValues && values.length === 0) {
      errors.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
    }
    if (!needsValues && values.length > 0) {
      errors.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
    requirements.push({ key, operator, values: new Set(values) });
  }
  return requirements;
}

function isSelectorOperator(operator: string): operator is SelectorOperator {
  return SELECTOR_OPERATORS.includes(operator);
}

export function isOneOf(key: string, values: readonly string[]): LabelRequirement {
  return { key, operator: 'In', values: new Set(values) };
}

export function isNoneOf(key: string, values: readonly string[]): LabelRequirement {
  return { key, operator: 'NotIn', values: new Set(values) };
}

export function matchesSelector(selector: CompiledSelector, labels: Labels): boolean {
  if (selector === undefined) return false;
  for (const requirement of selector) {
    if (!matchesRequirement(requirement, labels)) return false;
  }
  return true;
}

export function matchesRequirement({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = labels.get(key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.has(value);
    case 'NotIn':
      return value === undefined || !values.has(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** A text that is the same for the same selector. */
export function selectorKey(selector: CompiledSelector): string {
  if (selector === undefined) return 'nothing';
  return selector
    .map(({ key, operator, values }) => JSON.stringify([key, operator, ...[...values].sort()]))
    .sort()
    .join();
}
