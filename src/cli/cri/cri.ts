/** `peapod cri`: the runtime behind the interface that kubelets and crictl speak. */
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readUnixAddress } from '../../cri/grpc/listen-at.ts';
import { listenCri } from '../../cri/server/listen-cri.ts';
import { notifySystemd } from '../../runtime/linux/notify-systemd.ts';
import { openHost } from '../host.ts';
import { makeDirectories } from '../make-directories.ts';
import { terminalOf } from '../output/terminal.ts';
import { requireRoot } from '../require-root.ts';
import type { Settings } from '../settings.ts';
import { criOptions } from './cri-options.ts';
import { criSettings } from './cri-settings.ts';

export interface CriVerbOptions {
  readonly listen?: string;
}

/** Runs until it is told to end; the pods run on. @throws PeapodError when something it needs is missing or taken */
export async function cri(settings: Settings, options: CriVerbOptions): Promise<void> {
  requireRoot('cri');
  const listen = readUnixAddress(options.listen ?? join(settings.run, 'cri.sock'));
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  const own = criSettings(settings);
  await makeDirectories(settings);
  await mkdir(own.run, { recursive: true, mode: 0o700 });
  await using host = await openHost(own);
  await using listener = await listenCri(listen, criOptions(host));
  await Promise.all([listener.warmUp(), host.runtime.collect()]);
  terminalOf(process.stdout).write(`Serving CRI v1 on unix://${listen.path}\n`);
  notifySystemd('READY=1');
  if (!stop.signal.aborted) await once(stop.signal, 'abort');
}
