import type { Node, Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { defaultProfile } from '../../scheduler/engine/profile.ts';
import { SchedulingEngine } from '../../scheduler/engine/schedule-pod.ts';
import { ClusterSnapshot } from '../../scheduler/engine/snapshot.ts';
import { explainPod, type PodExplanation } from '../../scheduler/explain/explain-pod.ts';
import { hasEnded } from '../../scheduler/simulate/expand-controllers.ts';
import { NODES } from '../../client/resource-types.ts';
import { openSources, type PodSource } from '../engine/pod-source.ts';
import { findPod } from '../find-pods.ts';
import { structured } from '../output/print-list.ts';
import { terminalOf } from '../output/terminal.ts';
import { placeable } from '../placement/find-place.ts';
import { thisNode } from '../run/this-node.ts';
import type { Settings } from '../settings.ts';
import { printableTexts } from '../simulate/printable-texts.ts';
import { renderExplanation } from '../simulate/render-explanation.ts';
import { waitingLines } from '../waiting-lines.ts';

export interface WhyOptions {
  namespace: string;
  output?: string;
}

/** `peapod why`: why a pod of this machine waits, and what would help; or why its containers do, and this machine suits it. */
export async function why(settings: Settings, name: string, options: WhyOptions): Promise<void> {
  const { output } = options;
  if (output !== undefined && output !== 'json' && output !== 'yaml')
    throw new PeapodError('Invalid', `invalid output format "${output}": must be one of json, yaml`);
  await using sources = await openSources(settings);
  const { pod, source } = await findPod(sources, options.namespace, name);
  const explanation = explainOnNodes(pod, await nodesOf(source), await source.client.listPods());
  const out = terminalOf(process.stdout);
  if (output !== undefined) out.write(await structured(output, explanation));
  else {
    for (const line of waitingLines(pod)) out.write(`${line}\n`);
    out.write(renderExplanation(printableTexts(explanation), out));
  }
}

async function nodesOf(source: PodSource): Promise<Node[]> {
  if (source.kind === 'server') return (await source.client.api.list(NODES)).items;
  return [thisNode(source.settings)];
}

/** As the nodes are without the pod itself. */
export function explainOnNodes(pod: Pod, nodes: readonly Node[], pods: readonly Pod[]): PodExplanation {
  const snapshot = new ClusterSnapshot();
  for (const node of nodes) snapshot.addNode(node);
  const names = new Set(nodes.map(({ metadata }) => metadata?.name));
  for (const other of pods) {
    const isItself = other.metadata?.uid === pod.metadata?.uid;
    if (isItself || hasEnded(other) || !names.has(other.spec?.nodeName)) continue;
    snapshot.addPod(placeable(other));
  }
  const schedulerName = pod.spec?.schedulerName ?? 'default-scheduler';
  const engine = new SchedulingEngine(snapshot, { profiles: [defaultProfile(schedulerName)] });
  return explainPod(engine, snapshot.readPod(placeable(withoutNode(pod))));
}

function withoutNode(pod: Pod): Pod {
  const { nodeName: _, ...spec } = pod.spec ?? { containers: [] };
  return { ...pod, spec };
}
