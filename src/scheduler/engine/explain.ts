/** A decision taken apart: every node's verdict and score. */
import type { Explanation, NodeRejection, NodeScore, PluginScore } from './decision.ts';
import type { Steps } from './fast/shape-plan.ts';
import { normaliseScores } from './normalise.ts';
import { type PodInfo, podName } from './pod/pod-info.ts';
import type { ClusterSnapshot } from './snapshot.ts';
import { summarise } from './summary.ts';

export function explainPod(snapshot: ClusterSnapshot, pod: PodInfo, steps: Steps): Explanation {
  const { nodes } = snapshot;
  const rejected: NodeRejection[] = [];
  const suitable: number[] = [];
  for (const slot of nodes.live.subarray(0, nodes.count)) {
    const rejection = rejectionOf(slot, nodes.info(slot).name, steps);
    if (rejection === undefined) suitable.push(slot);
    else rejected.push(rejection);
  }
  return {
    pod: podName(pod),
    nodes: nodes.count,
    rejected,
    feasible: scoresOf(snapshot, suitable, steps),
    summary: suitable.length > 0 ? '' : summarise(nodes.count, rejected, pod.template.gates),
  };
}

/** What the first filter that does not want the node says. */
export function rejectionOf(slot: number, node: string, { filters }: Steps): NodeRejection | undefined {
  for (const { plugin, step } of filters) {
    const rejection = step.explain(slot);
    if (rejection !== undefined) return { node, plugin, ...rejection };
  }
  return undefined;
}

function scoresOf({ nodes }: ClusterSnapshot, suitable: readonly number[], steps: Steps): NodeScore[] {
  const slots = Int32Array.from(suitable);
  const count = slots.length;
  const byNode = suitable.map((): PluginScore[] => []);
  for (const { plugin, weight, step } of steps.scores) {
    const scores = new Float64Array(count);
    step.score(slots, count, scores);
    const raw = scores.slice();
    normaliseScores(step.normalisation, slots, count, scores);
    for (const [index, list] of byNode.entries()) {
      list.push({ plugin, weight, raw: raw[index] ?? 0, normalised: scores[index] ?? 0 });
    }
  }
  return suitable
    .map((slot, index) => {
      const scores = byNode[index] ?? [];
      const total = scores.reduce((sum, { weight, normalised }) => sum + weight * normalised, 0);
      return { node: nodes.info(slot).name, total, scores };
    })
    .sort((a, b) => b.total - a.total || (a.node < b.node ? -1 : 1));
}
