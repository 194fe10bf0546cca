/** How many more pods like those that were placed fit, and what limits them. */
import type { Pod } from '../../model/api/types.ts';
import { sayRejection } from '../explain/say-rejection.ts';
import { type PodInfo, podName } from '../engine/pod/pod-info.ts';
import type { SchedulingEngine } from '../engine/schedule-pod.ts';
import { controllerOf } from './expand-controllers.ts';
import type { SimulationResult } from './simulate.ts';

export interface FitCount {
  /** `namespace/name` of the pod, or of what made it. */
  readonly pod: string;
  readonly copies: number;
  /** Whether counting ended before it found the limit. */
  readonly more: boolean;
  /** What turns the next copy away, on how many nodes. */
  readonly limits: readonly { readonly reason: string; readonly nodes: number }[];
  /** kube-scheduler's line about the next copy. */
  readonly summary: string;
}

const MAX_COPIES = 100_000;

/** Of each pod that waited, once for pods of one controller, in the cluster as it is after all were placed. */
export function countFits({ pods, cluster }: SimulationResult): FitCount[] {
  const kinds = new Map<string, PodInfo>();
  for (const { pod } of pods) {
    const owner = controllerOf(pod.pod.metadata);
    if (owner?.kind === 'DaemonSet' || !cluster.engine.handles(pod.template.schedulerName)) continue;
    const name = owner === undefined ? podName(pod) : `${pod.template.namespace}/${owner.name}`;
    if (!kinds.has(name)) kinds.set(name, pod);
  }
  return [...kinds].map(([name, pod]) => countFit(cluster.engine, name, pod));
}

function countFit(engine: SchedulingEngine, name: string, { pod }: PodInfo): FitCount {
  const { snapshot } = engine;
  return snapshot.attempt(() => {
    let copies = 0;
    let next = snapshot.readPod(copyOf(pod, copies));
    for (; copies < MAX_COPIES; next = snapshot.readPod(copyOf(pod, copies))) {
      const decision = engine.decide(next);
      if (decision.outcome === 'refused') break;
      snapshot.place(next, snapshot.slotOf(decision.node));
      copies++;
    }
    const { rejected, summary } = engine.explain(next);
    const limits = new Map<string, number>();
    for (const rejection of rejected) {
      const reason =
        rejection.reasons.length > 0 ? rejection.reasons.join(', ') : sayRejection(rejection).join(', ');
      limits.set(reason, (limits.get(reason) ?? 0) + 1);
    }
    return {
      pod: name,
      copies,
      more: copies === MAX_COPIES,
      limits: [...limits]
        .map(([reason, nodes]) => ({ reason, nodes }))
        .sort((a, b) => b.nodes - a.nodes || (a.reason < b.reason ? -1 : 1)),
      summary,
    };
  });
}

/** By itself: a copy belongs to no gang. */
function copyOf(pod: Pod, number: number): Pod {
  const { uid: _, ...metadata } = pod.metadata ?? {};
  const { schedulingGroup: _group, ...spec } = pod.spec ?? { containers: [] };
  return { ...pod, metadata: { ...metadata, name: `${metadata.name}/copy-${number}` }, spec };
}
