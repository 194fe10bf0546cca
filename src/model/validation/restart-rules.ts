import type { Container, ContainerRestartRule, EphemeralContainer } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';

const POLICIES = ['Always', 'Never', 'OnFailure'];
const ACTIONS = ['Restart'];
const OPERATORS = ['In', 'NotIn'];
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;

/** When one container is restarted, other than its pod says. */
export function validateContainerRestart(
  errors: FieldErrors,
  container: Container | EphemeralContainer,
  field: string,
): void {
  const policy = container.restartPolicy;
  if (policy !== undefined && !POLICIES.includes(policy)) {
    errors.notSupported(`${field}.restartPolicy`, policy, POLICIES);
  }
  const rules = container.restartPolicyRules ?? [];
  if (rules.length === 0) return;
  if (policy === undefined) {
    errors.required(`${field}.restartPolicy`, 'must specify restartPolicy when restart rules are used');
  }
  if (rules.length > MAX_RULES) errors.tooMany(`${field}.restartPolicyRules`, rules.length, MAX_RULES);
  for (const [index, rule] of rules.entries()) {
    validateRule(errors, rule, `${field}.restartPolicyRules[${index}]`);
  }
}

function validateRule(errors: FieldErrors, rule: ContainerRestartRule, field: string): void {
  if (rule.action === '') errors.required(`${field}.action`);
  else if (!ACTIONS.includes(rule.action)) errors.notSupported(`${field}.action`, rule.action, ACTIONS);
  const path = `${field}.exitCodes`;
  if (rule.exitCodes === undefined) {
    errors.required(path, 'must be specified');
    return;
  }
  const { operator, values = [] } = rule.exitCodes;
  if (!OPERATORS.includes(operator)) errors.notSupported(`${path}.operator`, operator, OPERATORS);
  if (values.length === 0) errors.required(`${path}.values`, 'must have at least one exit code');
  if (values.length > MAX_EXIT_CODES) errors.tooMany(`${path}.values`, values.length, MAX_EXIT_CODES);
  const seen = new Set<number>();
  for (const [index, value] of values.entries()) {
    if (seen.has(value)) errors.duplicate(`${path}.values[${index}]`, value);
    seen.add(value);
  }
}
