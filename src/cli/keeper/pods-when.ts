import type { UserClient } from '../../client/user-client.ts';
import type { Pod } from '../../model/api/types.ts';

/** Waits until `reached` holds for those of the pods that are still there, or the signal aborts, without an error. */
export async function podsWhen(
  client: Pick<UserClient, 'listPods' | 'watchChanges'>,
  uids: ReadonlySet<string>,
  reached: (pods: Pod[]) => boolean,
  signal: AbortSignal,
): Promise<void> {
  for await (const _ of client.watchChanges({ signal })) {
    const pods = (await client.listPods()).filter((pod) => uids.has(pod.metadata?.uid ?? ''));
    if (reached(pods)) return;
  }
}
