/** Which labels a selector selects, and selectors in one line as `kubectl -l` takes them. */
import type { LabelSelector } from './api/types.ts';
import { PeapodError } from './errors.ts';
import { checkLabelValue, checkQualifiedName } from './validation/names.ts';

export type Labels = Readonly<Record<string, string>>;

/** What a selector demands of one label; all of a selector's requirements have to hold. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

/** No selector selects nothing; an empty one selects everything. */
export function matchesLabelSelector(
  selector: LabelSelector | undefined,
  labels: Labels | undefined,
): boolean {
  return selector !== undefined && matchesRequirements(labelRequirements(selector), labels);
}

export function labelRequirements(selector: LabelSelector): LabelRequirement[] {
  const exact = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): LabelRequirement => ({ key, operator: 'In', values: [value] }),
  );
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }): LabelRequirement => ({
      key,
      operator: operator as LabelRequirement['operator'],
      values,
    }),
  );
  return [...exact, ...expressions];
}

export function matchesRequirements(
  requirements: readonly LabelRequirement[],
  labels: Labels | undefined,
): boolean {
  return requirements.every((requirement) => matches(requirement, labels ?? {}));
}

function matches({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt':
      return compares(operator, value, values[0]);
    default:
      return false;
  }
}

function compares(operator: 'Gt' | 'Lt', value: string | undefined, bound: string | undefined): boolean {
  if (!isInteger(value) || !isInteger(bound)) return false;
  return operator === 'Gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

function isInteger(text: string | undefined): text is string {
  return text !== undefined && /^-?\d+$/.test(text);
}

const OPERATOR = /^\s*(==|=|!=|>|<|in\b|notin\b)\s*/;

/**
 * Reads `app=web,tier!=db,env in (prod,test),!legacy,gpu,weight>3`.
 * @throws PeapodError Invalid telling which part cannot be read
 */
export function parseLabelSelector(text: string): LabelRequirement[] {
  return splitOutsideParentheses(text)
    .filter((part) => part.trim() !== '')
    .map((part) => parseRequirement(part.trim()));
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/);
}

function parseRequirement(part: string): LabelRequirement {
  if (part.startsWith('!'))
    return checked(part, { key: part.slice(1).trim(), operator: 'DoesNotExist', values: [] });
  const key = /^[^\s=!<>(),]+/.exec(part)?.[0] ?? '';
  const rest = part.slice(key.length);
  if (rest.trim() === '') return checked(part, { key, operator: 'Exists', values: [] });
  const match = OPERATOR.exec(rest);
  const operator = match?.[1] ?? fail(part, 'expected an operator: =, !=, in, notin, >, <');
  const operand = rest.slice(match?.[0].length ?? 0).trim();
  switch (operator) {
    case '=':
    case '==':
      return checked(part, { key, operator: 'In', values: [operand] });
    case '!=':
      return checked(part, { key, operator: 'NotIn', values: [operand] });
    case '>':
    case '<':
      if (!isInteger(operand)) fail(part, 'expected an integer');
      return checked(part, { key, operator: operator === '>' ? 'Gt' : 'Lt', values: [operand] });
    default: {
      const list = /^\(([^()]*)\)$/.exec(operand)?.[1] ?? fail(part, 'expected values in parentheses');
      const values = list.split(',').map((value) => value.trim());
      return checked(part, { key, operator: operator === 'in' ? 'In' : 'NotIn', values });
    }
  }
}

function checked(part: string, requirement: LabelRequirement): LabelRequirement {
  const [problem] = [...checkQualifiedName(requirement.key), ...requirement.values.flatMap(checkLabelValue)];
  return problem === undefined ? requirement : fail(part, problem);
}

function fail(part: string, problem: string): never {
  throw new PeapodError('Invalid', `unable to parse requirement ${JSON.stringify(part)}: ${problem}`);
}

/** The selector in one line, as `kubectl describe` prints it; what it gives parses back to the same. */
export function formatLabelSelector(requirements: readonly LabelRequirement[]): string {
  return requirements.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${[...values].sort().join(',')})`;
    case 'NotIn':
      return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin (${[...values].sort().join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${values[0]}`;
    case 'Lt':
      return `${key}<${values[0]}`;
  }
}
