/**
 * Removes pods that no node will remove: of nodes that are gone, on none at all, or ended in great number.
 * @see kubernetes/pkg/controller/podgc/gc_controller.go
 */
import { NODES, PODS } from '../../client/resource-types.ts';
import type { Pod } from '../../model/api/types.ts';
import { type Controller, KeyedController } from '../controller.ts';
import { disruptPod } from '../disrupt-pod.ts';
import { isTerminated } from '../pod-states.ts';
import { leavingUnscheduled, onNoNode, surplusTerminated } from './lost-pods.ts';

export interface PodGcOptions {
  /** How often it is looked. */
  readonly periodMs: number;
  /** A node that is gone for so long does not come back under its name. */
  readonly quarantineMs: number;
  /** So many pods that have ended are kept; 0 keeps all. */
  readonly terminatedThreshold: number;
}

export const DEFAULT_POD_GC: PodGcOptions = {
  periodMs: 20_000,
  quarantineMs: 40_000,
  terminatedThreshold: 12_500,
};

export function podGarbageCollector({
  periodMs,
  quarantineMs,
  terminatedThreshold,
}: PodGcOptions = DEFAULT_POD_GC): Controller {
  return async (deps, signal) => {
    const { client, clock } = deps;
    const controller = new KeyedController('pod garbage collector', deps, signal);
    const { queue } = controller;
    const nodes = controller.follow(NODES, {});
    const pods = controller.follow(PODS, {});
    /** Since when each of the nodes that pods name has been missing. */
    const missing = new Map<string, number>();
    queue.add('all');

    await controller.run(async () => {
      queue.addAfter('all', periodMs);
      const all = pods.list();
      for (const pod of await lost(all)) await removeLost(pod);
      for (const pod of leavingUnscheduled(all)) await remove(pod);
      for (const pod of surplusTerminated(all, terminatedThreshold)) await remove(pod);
    });

    async function lost(all: readonly Pod[]): Promise<Pod[]> {
      const present = new Set(nodes.list().map(({ metadata }) => metadata?.name ?? ''));
      const candidates = onNoNode(all, present);
      const named = new Set(candidates.map(({ spec }) => spec?.nodeName ?? ''));
      for (const name of missing.keys()) if (!named.has(name)) missing.delete(name);
      const gone = new Set<string>();
      for (const name of named) {
        const sinceMs = missing.get(name) ?? clock.now();
        missing.set(name, sinceMs);
        if (clock.now() - sinceMs < quarantineMs) continue;
        // The copy may be behind: the server decides.
        if ((await client.find(NODES, '', name)) === undefined) gone.add(name);
      }
      return candidates.filter(({ spec }) => gone.has(spec?.nodeName ?? ''));
    }

    async function removeLost(pod: Pod): Promise<void> {
      const why = { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' };
      const status = isTerminated(pod) ? {} : { phase: 'Failed' };
      await disruptPod(deps, pod, why, { gracePeriodSeconds: 0, status });
    }

    async function remove({ metadata }: Pod): Promise<void> {
      const { namespace = '', name = '', uid = '' } = metadata ?? {};
      await client.delete(PODS, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
    }
  };
}
