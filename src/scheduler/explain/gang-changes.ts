/** The smallest changes that would let a waiting gang start, each tried out. */
import type { PodInfo } from '../engine/pod/pod-info.ts';
import type { SchedulingEngine } from '../engine/schedule-pod.ts';
import { decideGang, type GangRefusal } from '../gang/place-gang.ts';
import type { Gang } from '../gang/pod-group.ts';
import { addNodeLike } from './change-step.ts';

export interface GangChange {
  readonly text: string;
  readonly kind: 'add-nodes' | 'min-count' | 'topology';
}

const MAX_NODES = 64;

/** The snapshot stays as it is. */
export function gangChanges(
  engine: SchedulingEngine,
  gang: Gang,
  waiting: readonly PodInfo[],
  refusal: GangRefusal,
): GangChange[] {
  if (refusal.reason === 'members') return [];
  const starts = (changed: Gang): boolean => decideGang(engine, changed, waiting).outcome === 'placed';
  const changes: GangChange[] = [];
  if (refusal.reached > 0 && starts({ ...gang, minCount: refusal.reached }))
    changes.push({ kind: 'min-count', text: `set minCount of PodGroup ${gang.key} to ${refusal.reached}` });
  if (gang.topologyKey !== undefined && starts({ ...gang, topologyKey: undefined }))
    changes.push({ kind: 'topology', text: `drop the topology ${gang.topologyKey} of PodGroup ${gang.key}` });
  const nodes = fewestNodes(engine, gang, waiting);
  if (nodes !== undefined) changes.push({ kind: 'add-nodes', text: nodes });
  return changes;
}

function fewestNodes(engine: SchedulingEngine, gang: Gang, waiting: readonly PodInfo[]): string | undefined {
  const like = largestNode(engine);
  if (like === undefined) return undefined;
  const most = Math.min(MAX_NODES, waiting.length);
  return engine.snapshot.attempt(() => {
    for (let count = 1; count <= most; count++) {
      addNodeLike(engine.snapshot, like);
      if (decideGang(engine, gang, waiting).outcome === 'placed')
        return count === 1 ? `add a node like ${like}` : `add ${count} nodes like ${like}`;
    }
    return undefined;
  });
}

function largestNode({ snapshot: { nodes } }: SchedulingEngine): string | undefined {
  let best: { name: string; memory: number } | undefined;
  for (const slot of nodes.live.subarray(0, nodes.count)) {
    const { name, allocatable } = nodes.info(slot);
    const memory = allocatable.get('memory') ?? 0;
    if (best === undefined || memory > best.memory) best = { name, memory };
  }
  return best?.name;
}
