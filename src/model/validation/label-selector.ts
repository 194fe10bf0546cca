import type { LabelSelector, LabelSelectorRequirement } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { checkLabelValue, checkQualifiedName } from './names.ts';
import { validateLabels } from './object-meta.ts';

export function validateLabelSelector(
  errors: FieldErrors,
  selector: LabelSelector | undefined,
  field: string,
): void {
  if (selector === undefined) return;
  validateLabels(errors, selector.matchLabels, `${field}.matchLabels`);
  for (const [index, requirement] of (selector.matchExpressions ?? []).entries()) {
    validateRequirement(errors, requirement, `${field}.matchExpressions[${index}]`);
  }
}

function validateRequirement(
  errors: FieldErrors,
  requirement: LabelSelectorRequirement,
  field: string,
): void {
  const { operator, values = [] } = requirement;
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.forbidden(
          `${field}.values`,
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        );
      }
      break;
    default:
      errors.invalid(`${field}.operator`, operator, 'not a valid selector operator');
  }
  errors.invalidFor(`${field}.key`, requirement.key, checkQualifiedName(requirement.key));
  for (const [index, value] of values.entries()) {
    errors.invalidFor(`${field}.values[${index}]`, value, checkLabelValue(value));
  }
}
