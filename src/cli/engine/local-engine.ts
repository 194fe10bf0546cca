import { randomUUID } from 'node:crypto';
import type { Pod } from '../../model/api/types.ts';
import { traced } from '../../runtime/linux/trace.ts';
import type { Host } from '../host.ts';
import { collectUnused } from '../keeper/collect-unused.ts';
import { keepPods } from '../keeper/keep-pods.ts';
import { startSupervisor } from '../keeper/start-supervisor.ts';
import { removePods } from '../keeper/remove-pods.ts';
import { createPlaced } from '../placement/place-pods.ts';
import { applyObjects } from '../run/apply-objects.ts';
import { pullImages } from '../run/pull-images.ts';
import type { PodEngine } from './pod-engine.ts';

/** The agent in this process. The host stays the caller's. */
export function localEngine(host: Host): PodEngine {
  const engine: PodEngine = {
    client: host.client,
    clock: host.clock,
    logs: host.paths.logs,
    createsFirst: false,
    pullImages: (pods, terminal, options) =>
      traced('pull images', () => pullImages(host.runtime, pods, terminal, options)),
    apply: (manifests) => traced('apply objects', () => applyObjects(host.client, manifests)),
    create: async (wanted) => {
      const pods = wanted.map(withUid);
      const keeping = engine.keep(pods);
      const made: Pod[] = [];
      try {
        for (const pod of pods) {
          await createPlaced(host, pod);
          made.push(pod);
        }
      } catch (error) {
        await removePods(engine, made, { gracePeriodSeconds: 0 });
        await keeping[Symbol.asyncDispose]();
        throw error;
      }
      return { pods, broken: keeping.broken, [Symbol.asyncDispose]: () => keeping[Symbol.asyncDispose]() };
    },
    keep: (pods) => keepPods(host, uidsOf(pods)),
    handOver: () => traced('hand over to the keeper', async () => startSupervisor(host.settings)),
    collectUnused: () => collectUnused(host.client),
    [Symbol.asyncDispose]: async () => {},
  };
  return engine;
}

/** The uid is known before the pod is there, so that its keeper can hold its lock first. */
function withUid(pod: Pod): Pod {
  return { ...pod, metadata: { ...pod.metadata, uid: randomUUID() } };
}

function uidsOf(pods: readonly Pod[]): ReadonlySet<string> {
  return new Set(pods.map(({ metadata }) => metadata?.uid ?? ''));
}
