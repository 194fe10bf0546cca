/**
 * How fast nodes that are lost are emptied: where many go silent at once, it is the network or the server that is ill, and
 * emptying them all would do the harm.
 * @see kubernetes/pkg/controller/nodelifecycle/node_lifecycle_controller.go ComputeZoneState
 */
import type { Node } from '../../model/api/types.ts';
import { readyCondition } from './node-conditions.ts';

const NODES_PER_SECOND = 0.1;
const NODES_PER_SECOND_WHEN_ILL = 0.01;
const LARGE_CLUSTER = 50;
const ILL_SHARE = 0.55;

type ZoneState = 'normal' | 'partly-lost' | 'lost';

export function zoneOf({ metadata }: Node): string {
  const { labels = {} } = metadata ?? {};
  return `${labels['topology.kubernetes.io/region'] ?? ''}:${labels['topology.kubernetes.io/zone'] ?? ''}`;
}

function zoneStates(nodes: readonly Node[]): Map<string, { state: ZoneState; size: number }> {
  const zones = Map.groupBy(nodes, zoneOf);
  return new Map(
    [...zones].map(([zone, own]) => {
      const lost = own.filter((node) => readyCondition(node)?.status !== 'True').length;
      const isIll = lost > 2 && lost / own.length >= ILL_SHARE;
      const state = lost === own.length && lost > 0 ? 'lost' : isIll ? 'partly-lost' : 'normal';
      return [zone, { state, size: own.length }];
    }),
  );
}

/** Nothing hears of any node: nobody is sent away, wherever. */
export function isAllLost(nodes: readonly Node[]): boolean {
  return [...zoneStates(nodes).values()].every(({ state }) => state === 'lost');
}

/** At least so many milliseconds lie between two nodes of the zone; nothing when none may be emptied. */
export function paceMs(zone: string, nodes: readonly Node[]): number | undefined {
  const { state, size } = zoneStates(nodes).get(zone) ?? { state: 'normal', size: 0 };
  if (state !== 'partly-lost') return 1000 / NODES_PER_SECOND;
  return size > LARGE_CLUSTER ? 1000 / NODES_PER_SECOND_WHEN_ILL : undefined;
}
