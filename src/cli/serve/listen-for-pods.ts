import { type Listener, listenTls, type TlsOptions } from '../../apiserver/http/listen.ts';
import type { OpenApiServer } from '../../apiserver/open-api-server.ts';
import { listenAhead } from '../../runtime/linux/listen-ahead.ts';

/**
 * Listens on the address of the pods' bridge, which comes with the first pod, so that pods can reach the API.
 * @param options.log told when it cannot
 */
export async function listenForPods(
  server: OpenApiServer,
  options: (TlsOptions & { readonly log: (message: string, error: unknown) => void }) | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (options === undefined || signal.aborted) return;
  const { log, ...address } = options;
  let listener: Listener;
  try {
    listener = await listenTls(server, { ...address, fd: listenAhead(address.host, address.port) });
  } catch (error) {
    log('pods cannot reach the API', error);
    return;
  }
  await using _open = listener;
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
