import type { NodeFacts } from '../../agent/agent-deps.ts';
import { checkReservations, limitsOfAllPods, withoutReserved } from '../../agent/node/node-reservations.ts';
import { milliCpuOf, parseResources, wholeAmountOf } from '../../model/resource-list.ts';
import type { NodeHost } from '../host.ts';
import type { AgentConfig } from './config/serve-config.ts';
import { nodeCapacity } from './describe-node.ts';
import { readNode } from './read-node.ts';

/**
 * Keeps from pods what is reserved for others.
 * @returns what is left for them
 * @throws PeapodError Invalid when that is more than this machine has
 */
export async function reserveForOthers(
  { settings, runtime }: NodeHost,
  { maxPods, reservations }: AgentConfig,
): Promise<Pick<NodeFacts, 'milliCpu' | 'memoryBytes'>> {
  const capacity = await nodeCapacity(settings, maxPods);
  checkReservations(capacity, reservations);
  const { processes } = await readNode(settings.root);
  await runtime.podCgroups.limitAll(limitsOfAllPods(capacity, processes.maximum, reservations));
  const left = parseResources(withoutReserved(capacity, reservations));
  return { milliCpu: milliCpuOf(left), memoryBytes: wholeAmountOf(left, 'memory') };
}
