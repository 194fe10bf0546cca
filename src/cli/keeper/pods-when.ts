import type { UserClient } from '../../client/user-client.ts';
import type { Pod } from '../../model/api/types.ts';

/** Waits until `reached` holds for those of the pods that are still there, or the signal aborts, without an error. */
export async function podsWhen(
  client: Pick<UserClient, 'followPods'>,
  uids: ReadonlySet<string>,
  reached: (pods: Pod[]) => boolean,
  signal: AbortSignal,
): Promise<void> {
  for await (const present of client.followPods({ signal }))
    if (reached(present.filter((pod) => uids.has(pod.metadata?.uid ?? '')))) return;
}
