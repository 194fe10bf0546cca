/** @see kubernetes/plugin/pkg/admission/defaulttolerationseconds/admission.go */
import type { Pod, Toleration } from '../../model/api/types.ts';

const SECONDS = 300;
const KEYS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** A copy of a new pod that stays for a while on a node that is lost, unless it says how long itself. */
export function withDefaultTolerations(pod: Pod): Pod {
  const spec = pod.spec ?? { containers: [] };
  const present = spec.tolerations ?? [];
  const missing = KEYS.filter((key) => !present.some((toleration) => tolerates(toleration, key)));
  const added = missing.map(
    (key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS }),
  );
  return added.length === 0 ? pod : { ...pod, spec: { ...spec, tolerations: [...present, ...added] } };
}

function tolerates({ key = '', effect = '' }: Toleration, wanted: string): boolean {
  return (key === wanted || key === '') && (effect === 'NoExecute' || effect === '');
}
