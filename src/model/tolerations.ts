/** @see kubernetes/staging/src/k8s.io/api/core/v1/toleration.go */
import type { Taint, Toleration } from './api/types.ts';

/** Whether one toleration bears a taint. */
export function tolerates({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === 'Exists' || (value ?? '') === (taint.value ?? '');
}

/** The taints of these effects that no toleration bears. */
export function untolerated(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[],
): Taint[] {
  return (taints ?? []).filter(
    (taint) => effects.includes(taint.effect) && !(tolerations ?? []).some((one) => tolerates(one, taint)),
  );
}
