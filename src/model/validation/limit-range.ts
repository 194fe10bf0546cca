/** @see kubernetes/pkg/apis/core/validation/validation.go ValidateLimitRange */
import type { LimitRange, LimitRangeItem } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { eachOf } from '../each-of.ts';
import { compareQuantities, formatQuantity, type Quantity } from '../quantity.ts';
import { checkQualifiedName } from './names.ts';
import { validateList } from './resources.ts';

type ListName = 'min' | 'max' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio';
type Lists = Record<ListName, ReadonlyMap<string, Quantity>>;

/** The first may not be larger than the second; the error stands at the third. */
const ORDER: readonly [ListName, string, ListName, string, ListName][] = [
  ['min', 'min', 'max', 'max', 'min'],
  ['min', 'min', 'defaultRequest', 'default request', 'defaultRequest'],
  ['defaultRequest', 'default request', 'max', 'max', 'defaultRequest'],
  ['defaultRequest', 'default request', 'default', 'default limit', 'defaultRequest'],
  ['min', 'min', 'default', 'default', 'default'],
  ['default', 'default', 'max', 'max', 'default'],
];
const NANO = 1_000_000_000n;

/** @param range after defaulting */
export function validateLimitRange(range: LimitRange): FieldError[] {
  const errors = new FieldErrors();
  const types = new Set<string>();
  eachOf(range.spec?.limits, `spec.limits`, (item, field) => {
    validateType(errors, item, field);
    if (types.has(item.type)) errors.duplicate(`${field}.type`, item.type);
    types.add(item.type);
    validateBounds(errors, item, field);
  });
  return errors.list;
}

function validateType(errors: FieldErrors, item: LimitRangeItem, field: string): void {
  const { type } = item;
  switch (type) {
    case 'Container':
      return;
    case 'Pod':
      for (const name of ['default', 'defaultRequest'] as const) {
        if (Object.keys(item[name] ?? {}).length > 0)
          errors.forbidden(`${field}.${name}`, "may not be specified when `type` is 'Pod'");
      }
      return;
    case 'PersistentVolumeClaim':
      if (item.min?.['storage'] !== undefined || item.max?.['storage'] !== undefined) return;
      return errors.required(
        `${field}.limits`,
        'either minimum or maximum storage value is required, but neither was provided',
      );
    default:
      if (!type) return errors.required(`${field}.type`);
      if (type.includes('/')) return errors.invalidFor(`${field}.type`, type, checkQualifiedName(type));
      return errors.invalid(`${field}.type`, type, 'must be a standard limit type or fully qualified');
  }
}

function validateBounds(errors: FieldErrors, item: LimitRangeItem, field: string): void {
  const list = (name: ListName) => validateList(errors, item[name], `${field}.${name}`);
  const lists: Lists = {
    min: list('min'),
    max: list('max'),
    default: list('default'),
    defaultRequest: list('defaultRequest'),
    maxLimitRequestRatio: list('maxLimitRequestRatio'),
  };
  const names = new Set(Object.values(lists).flatMap((amounts) => [...amounts.keys()]));
  for (const name of names) {
    for (const [small, smallText, large, largeText, at] of ORDER) {
      const less = lists[small].get(name);
      const more = lists[large].get(name);
      if (less === undefined || more === undefined || compareQuantities(less, more) <= 0) continue;
      errors.invalid(
        `${field}.${at}[${name}]`,
        formatQuantity(lists[at].get(name) ?? less),
        `${smallText} value ${formatQuantity(less)} is greater than ${largeText} value ${formatQuantity(more)}`,
      );
    }
    validateRatio(errors, lists, name, `${field}.maxLimitRequestRatio[${name}]`);
  }
}

function validateRatio(errors: FieldErrors, lists: Lists, name: string, field: string): void {
  const ratio = lists.maxLimitRequestRatio.get(name);
  if (ratio === undefined) return;
  const text = formatQuantity(ratio);
  if (ratio.nano < NANO) return errors.invalid(field, text, `ratio ${text} is less than 1`);
  const min = lists.min.get(name);
  const max = lists.max.get(name);
  if (min === undefined || max === undefined || min.nano === 0n) return;
  const possible = Number(max.nano) / Number(min.nano);
  if (Number(ratio.nano) / Number(NANO) > possible)
    errors.invalid(field, text, `ratio ${text} is greater than max/min = ${possible.toFixed(6)}`);
}
