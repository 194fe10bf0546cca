import type { ApiClient } from '../../client/api-client.ts';
import { CLAIMS } from '../../client/resource-types.ts';
import type { Pod } from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import { PeapodError } from '../../model/errors.ts';

const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const TIMEOUT_MS = 600_000;
const FIRST_LOOK_MS = 20;
const MOST_LOOK_MS = 2000;

/**
 * Tells which node a pod's claims are to be bound on, and waits until they are.
 * @throws PeapodError Conflict when they are not in ten minutes, or one was promised to another node
 * @see kubernetes/pkg/scheduler/framework/plugins/volumebinding PreBind
 */
export async function bindVolumes(
  { client, clock }: { client: ApiClient; clock: Clock },
  { metadata, spec }: Pod,
  nodeName: string,
  signal: AbortSignal,
): Promise<void> {
  const namespace = metadata?.namespace ?? 'default';
  const names = (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
  const deadline = clock.now() + TIMEOUT_MS;
  for (const name of new Set(names)) {
    for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(MOST_LOOK_MS, waitMs * 2)) {
      const claim = await client.get(CLAIMS, namespace, name, { signal });
      if (claim.spec?.volumeName && claim.status?.phase === 'Bound') break;
      const { uid, resourceVersion, annotations = {} } = claim.metadata ?? {};
      const selected = annotations[SELECTED_NODE];
      if (selected === undefined) {
        const patch = { metadata: { uid, resourceVersion, annotations: { [SELECTED_NODE]: nodeName } } };
        await client.patch(CLAIMS, namespace, name, 'merge', patch);
      } else if (selected !== nodeName || clock.now() > deadline)
        throw new PeapodError('Conflict', `claim ${namespace}/${name} is not bound on node ${nodeName}`);
      await clock.sleep(waitMs, { signal });
    }
  }
}
