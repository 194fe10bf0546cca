import { requireRoot } from '../../require-root.ts';
import type { Settings } from '../../settings.ts';
import { DEFAULT_LISTEN, type ServeConfig } from '../config/serve-config.ts';
import { serveWith } from '../serve.ts';
import { takeSlot } from './slot.ts';

/**
 * Serves until standard input ends, which it does with the process that holds its other end, however that ends; or until SIGTERM. Then
 * all pods are ended and everything deleted.
 */
export async function serveEphemeral(settings: Settings, config: ServeConfig): Promise<void> {
  requireRoot('serve');
  const stop = new AbortController();
  process.stdin.on('error', () => stop.abort());
  process.stdin.once('close', () => stop.abort());
  process.stdin.once('end', () => stop.abort());
  process.stdin.resume();
  // Whoever started it may be gone: what cannot be told must not end the tearing down.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  await using slot = await takeSlot(settings);
  if (stop.signal.aborted) return;
  // There may be several, each for somebody who asks it where it is.
  const listen = config.listen === DEFAULT_LISTEN ? '127.0.0.1:0' : config.listen;
  await serveWith(slot.settings, { ...config, listen }, stop);
}
