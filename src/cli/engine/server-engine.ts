import type { ApiClient } from '../../client/api-client.ts';
import { CLAIMS, CONFIG_MAPS, PODS, SECRETS } from '../../client/resource-types.ts';
import type { Pod } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';
import type { ReferredObject } from '../../client/user-client.ts';
import { removePods } from '../keeper/remove-pods.ts';
import { nameTaken } from '../run/name-taken.ts';
import type { Manifests } from '../run/read-input.ts';
import { systemClock } from '../system-clock.ts';
import type { PodEngine } from './pod-engine.ts';
import type { ServerSource } from './pod-source.ts';

/** The server's agent. The source stays the caller's. */
export function serverEngine({ client, paths }: ServerSource): PodEngine {
  const nothing = async () => {};
  // A server that ends is told by its client.
  const keeping = { broken: new AbortController().signal, [Symbol.asyncDispose]: nothing };
  const engine: PodEngine = {
    client,
    clock: systemClock,
    logs: paths.logs,
    createsFirst: true,
    pullImages: nothing,
    apply: (manifests) => applyObjects(client.api, manifests),
    create: async (wanted) => {
      // The server writes what comes together to the disk at once.
      const made = await Promise.allSettled(wanted.map((pod) => client.api.create(PODS, pod)));
      const pods = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const failed = made.findIndex((one) => one.status === 'rejected');
      if (failed >= 0) {
        await removePods(engine, pods, { gracePeriodSeconds: 0 });
        throw reasonOf(made[failed], wanted[failed]);
      }
      return { ...keeping, pods };
    },
    keep: () => keeping,
    handOver: nothing,
    collectUnused: nothing,
    [Symbol.asyncDispose]: nothing,
  };
  return engine;
}

function reasonOf(failed: PromiseSettledResult<Pod> | undefined, wanted: Pod | undefined): unknown {
  const reason: unknown = failed?.status === 'rejected' ? failed.reason : undefined;
  return isPeapodError(reason, 'AlreadyExists') ? nameTaken(wanted?.metadata?.name) : reason;
}

async function applyObjects(
  api: ApiClient,
  { objects }: Manifests,
): Promise<AsyncDisposable & { keep(): void }> {
  let keep = false;
  const made: ReferredObject[] = [];
  for (const object of objects) {
    const type = typeOf(object);
    const { namespace = 'default', name = '' } = object.metadata ?? {};
    if ((await api.find(type, namespace, name)) === undefined) made.push(object);
    await api.apply(type, object, { force: true });
  }
  return {
    keep: () => {
      keep = true;
    },
    [Symbol.asyncDispose]: async () => {
      if (keep) return;
      for (const object of made) {
        const { namespace = 'default', name = '' } = object.metadata ?? {};
        await api.delete(typeOf(object), namespace, name);
      }
    },
  };
}

function typeOf({ kind }: ReferredObject) {
  if (kind === 'ConfigMap') return CONFIG_MAPS;
  return kind === 'Secret' ? SECRETS : CLAIMS;
}
