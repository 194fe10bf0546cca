/** @see kubernetes/pkg/controller/daemon/util/daemonset_util.go */
import type { DaemonSet, Pod, PodSpec, Toleration } from '../../model/api/types.ts';
import { controlledBy } from '../controller.ts';
import { podFromTemplate } from '../pod-states.ts';

export const HASH_LABEL = 'controller-revision-hash';
const NAME_FIELD = 'metadata.name';

/** A daemon stays when its node is in trouble. */
const TOLERATIONS: readonly Toleration[] = [
  toleration('not-ready', 'NoExecute'),
  toleration('unreachable', 'NoExecute'),
  toleration('disk-pressure', 'NoSchedule'),
  toleration('memory-pressure', 'NoSchedule'),
  toleration('pid-pressure', 'NoSchedule'),
  toleration('unschedulable', 'NoSchedule'),
];
const ON_HOST_NETWORK: readonly Toleration[] = [toleration('network-unavailable', 'NoSchedule')];

function toleration(name: string, effect: string): Toleration {
  return { key: `node.kubernetes.io/${name}`, operator: 'Exists', effect };
}

/** A pod of the set for one node, which the scheduler is to place there and nowhere else. */
export function daemonPod(set: DaemonSet, nodeName: string, hash: string): Pod {
  const { namespace = '', name = '' } = set.metadata ?? {};
  const owner = controlledBy(set, 'apps/v1', 'DaemonSet');
  const pod = podFromTemplate(set.spec?.template, { namespace, prefix: `${name}-`, owner });
  const spec = withDaemonTolerations(pod.spec ?? { containers: [] });
  return {
    ...pod,
    metadata: { ...pod.metadata, labels: { ...pod.metadata?.labels, [HASH_LABEL]: hash } },
    spec: { ...spec, affinity: { ...spec.affinity, nodeAffinity: onlyOn(nodeName, spec) } },
  };
}

export function withDaemonTolerations(spec: PodSpec): PodSpec {
  const wanted = [...TOLERATIONS, ...(spec.hostNetwork === true ? ON_HOST_NETWORK : [])];
  const isSame = (a: Toleration, b: Toleration) =>
    a.key === b.key &&
    a.effect === b.effect &&
    a.operator === b.operator &&
    (a.value ?? '') === (b.value ?? '');
  const others = (spec.tolerations ?? []).filter((one) => !wanted.some((two) => isSame(one, two)));
  return { ...spec, tolerations: [...others, ...wanted] };
}

/** The template's own demands were looked at before; preferences stay. */
function onlyOn(nodeName: string, { affinity }: PodSpec) {
  const matchFields = [{ key: NAME_FIELD, operator: 'In', values: [nodeName] }];
  return {
    ...affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
  };
}

/** The node that a daemon's pod is on, or is to be on. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec?.nodeName) return spec.nodeName;
  const terms =
    spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms)
    for (const { key, operator, values = [] } of matchFields)
      if (key === NAME_FIELD && operator === 'In' && values.length === 1) return values[0];
  return undefined;
}
