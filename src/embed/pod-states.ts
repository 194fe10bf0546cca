import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../client/api-client.ts';
import { PODS } from '../client/resource-types.ts';
import type { Pod } from '../model/api/types.ts';
import { isPeapodError } from '../model/errors.ts';
import type { PodAddress } from './pod-streams.ts';

const RETRY_MS = 200;

/** A pod as it is now, and after each change, until it is gone or the signal aborts; then it just ends. */
export async function* podStates(
  api: ApiClient,
  { namespace, name }: PodAddress,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<Pod> {
  const select = { namespace, fieldSelector: `metadata.name=${name}`, signal };
  let uid: string | undefined;
  while (!signal.aborted) {
    try {
      const { items, resourceVersion } = await api.list(PODS, select);
      const [pod] = items;
      uid ??= pod?.metadata?.uid;
      if (pod === undefined || pod.metadata?.uid !== uid) return;
      yield pod;
      for await (const event of api.watch(PODS, { ...select, resourceVersion })) {
        if (event.type === 'BOOKMARK') continue;
        if (event.type === 'DELETED' || event.object.metadata?.uid !== uid) return;
        yield event.object;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isPeapodError(error, 'Expired') && !isPeapodError(error, 'Unavailable')) throw error;
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}
