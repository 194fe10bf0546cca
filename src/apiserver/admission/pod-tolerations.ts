/** @see kubernetes/plugin/pkg/admission/defaulttolerationseconds/admission.go */
import type { Pod, Toleration } from '../../model/api/types.ts';
import { knownValid } from '../../model/validation/known-valid.ts';

const SECONDS = 300;
/** Shared by all pods that have them. */
const DEFAULTS: Toleration[] = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) =>
  knownValid({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS }),
);

/** A copy of a new pod that stays for a while on a node that is lost, unless it says how long itself. */
export function withDefaultTolerations(pod: Pod): Pod {
  const spec = pod.spec ?? { containers: [] };
  const { tolerations: present = [] } = spec;
  if (present.length === 0) return { ...pod, spec: { ...spec, tolerations: DEFAULTS } };
  const added = DEFAULTS.filter(({ key }) => !present.some((toleration) => tolerates(toleration, key)));
  return added.length === 0 ? pod : { ...pod, spec: { ...spec, tolerations: [...present, ...added] } };
}

function tolerates({ key = '', effect = '' }: Toleration, wanted: string | undefined): boolean {
  return (key === wanted || key === '') && (effect === 'NoExecute' || effect === '');
}
