import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Listener, listenTls, type TlsOptions } from '../../apiserver/http/listen.ts';
import type { OpenApiServer } from '../../apiserver/open-api-server.ts';

const RETRY_MS = 200;

/**
 * Listens on the address of the pods' bridge, which comes with the first pod, so that pods can reach the API.
 * @param options.log told when it cannot listen for another reason than that the address is not there yet
 */
export async function listenForPods(
  server: OpenApiServer,
  options: (TlsOptions & { readonly log: (message: string, error: unknown) => void }) | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (options === undefined || options.host === '0.0.0.0') return;
  const { log, ...address } = options;
  let listener: Listener | undefined;
  while (listener === undefined && !signal.aborted) {
    try {
      // To look is cheap; to make a listener for nothing is not.
      if (isThere(address.host)) listener = await listenTls(server, address);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') {
        log('pods cannot reach the API', error);
        return;
      }
    }
    if (listener === undefined) await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => {});
  }
  if (listener === undefined) return;
  await using _open = listener;
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

function isThere(address: string): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some((own) => own.address === address));
}
