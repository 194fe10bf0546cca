/** Whether all quantities of a pod are such that the engine can compute with them. */
import type { PodSpec } from '../../../model/api/types.ts';
import type { FieldErrors } from '../../../model/field-error.ts';
import { checkCount } from './limits.ts';
import { readAmount } from './read-amounts.ts';

export function checkPodAmounts(spec: PodSpec, errors: FieldErrors): boolean {
  const before = errors.list.length;
  const check = (list: Readonly<Record<string, string>> | undefined, field: string): void => {
    for (const [name, text] of Object.entries(list ?? {}))
      readAmount(name, text, `${field}[${name}]`, errors);
  };
  for (const kind of ['initContainers', 'containers'] as const) {
    const containers = spec[kind] ?? [];
    checkCount(containers, `spec.${kind}`, errors);
    for (const [index, { resources, ports = [] }] of containers.entries()) {
      check(resources?.requests, `spec.${kind}[${index}].resources.requests`);
      checkCount(ports, `spec.${kind}[${index}].ports`, errors);
    }
  }
  check(spec.resources?.requests, 'spec.resources.requests');
  check(spec.overhead, 'spec.overhead');
  return errors.list.length === before;
}
