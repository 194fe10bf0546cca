import type { Container, Pod, PodSpec, Volume, VolumeMount } from '../../api/types.ts';
import { defaultPod } from '../../defaults/default-pod.ts';
import { formatFieldError } from '../../field-error.ts';
import { validatePod } from '../validate-pod.ts';

/** What is wrong, what finds it, and the errors: a regular expression where Kubernetes' text is long. */
export type ErrorCase = readonly [string, () => string[], readonly (string | RegExp)[]];

/** The errors, where they differ from what is expected; else nothing. */
export function unexpected(
  actual: readonly string[],
  expected: readonly (string | RegExp)[],
): readonly string[] {
  const fits = (text: string, pattern: string | RegExp | undefined): boolean =>
    typeof pattern === 'string' ? text === pattern : pattern?.test(text) === true;
  const same =
    actual.length === expected.length && actual.every((text, index) => fits(text, expected[index]));
  if (same) return [];
  return actual.length > 0 ? actual : ['no error'];
}

/** The path of the container that `containerErrors` makes. */
export const C = 'spec.containers[0]';

export function errorsOf(pod: Pod): string[] {
  return validatePod(defaultPod(pod)).map(formatFieldError);
}

export function specErrors(spec: Partial<PodSpec>): string[] {
  return errorsOf({ metadata: { name: 'x' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
}

export function containerErrors(container: Partial<Container>, spec: Partial<PodSpec> = {}): string[] {
  return specErrors({ ...spec, containers: [{ name: 'c', image: 'i', ...container }] });
}

export function volumeErrors(volume: Partial<Volume>): string[] {
  return specErrors({ volumes: [{ name: 'v', ...volume }] });
}

export function mountErrors(mount: Partial<VolumeMount>, container: Partial<Container> = {}): string[] {
  const volumeMounts = [{ name: 'v', mountPath: '/m', ...mount }];
  return containerErrors({ volumeMounts, ...container }, { volumes: [{ name: 'v', emptyDir: {} }] });
}
