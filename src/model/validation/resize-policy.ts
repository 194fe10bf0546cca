import type { Container, EphemeralContainer, PodSpec } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { Seen } from '../seen.ts';
import { eachOf } from '../each-of.ts';

const RESOURCES = ['cpu', 'memory'];
const RESTARTS = ['NotRequired', 'RestartContainer'];

export function validateResizePolicy(
  errors: FieldErrors,
  container: Container | EphemeralContainer,
  spec: PodSpec,
  containerField: string,
): void {
  const seen = new Seen<string>();
  eachOf(container.resizePolicy, `${containerField}.resizePolicy`, (policy, field) => {
    if (seen.again(policy.resourceName)) errors.duplicate(`${field}.resourceName`, policy.resourceName);
    if (!RESOURCES.includes(policy.resourceName)) {
      errors.notSupported(`${field}.resourceName`, policy.resourceName, RESOURCES);
    }
    if (!RESTARTS.includes(policy.restartPolicy)) {
      errors.notSupported(`${field}.restartPolicy`, policy.restartPolicy, RESTARTS);
    } else if (spec.restartPolicy === 'Never' && policy.restartPolicy !== 'NotRequired') {
      errors.invalid(
        `${field}.restartPolicy`,
        policy.restartPolicy,
        "must be 'NotRequired' when `restartPolicy` is 'Never'",
      );
    }
  });
}
