/** `peapod supervise`: the background process that keeps the pods of `peapod run --detach`, as long as there are any. */
import { join } from 'node:path';
import type { Pod } from '../../model/api/types.ts';
import { type Host, openHost } from '../host.ts';
import type { Settings } from '../settings.ts';
import { keepPodsThat } from './keep-pods.ts';
import { hasEnded } from './stop-pods.ts';
import { mkdirSync } from '../../runtime/linux/files.ts';

/** How long to stay when there is nothing to keep: the next `run --detach` then finds a warm process. */
const LINGER_MS = 10_000;
/** And when there is no pod at all any more. */
const LINGER_WITHOUT_PODS_MS = 1000;
const CHECK_MS = 500;

export async function supervise(settings: Settings): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  process.on('SIGHUP', () => {});
  await using host = await openHost(settings);
  using singleton = await becomeSupervisor(host, stop.signal);
  if (singleton === undefined) return;
  let kept: ReadonlySet<string> = new Set();
  await using keeping = keepPodsThat(host, needsKeeper, (uids) => {
    kept = uids;
  });
  await idle(host, () => kept, AbortSignal.any([stop.signal, keeping.broken]));
  keeping.broken.throwIfAborted();
}

/** There is one; another waits only while there are pods that nobody keeps. */
async function becomeSupervisor(host: Host, signal: AbortSignal): Promise<Disposable | undefined> {
  mkdirSync(host.settings.run, { recursive: true, mode: 0o700 });
  while (!signal.aborted) {
    const lock = host.tryLock(join(host.settings.run, 'supervisor.lock'));
    if (lock !== undefined) return lock;
    await host.clock.sleep(100);
    const pods = (await host.client.listPods()).filter(needsKeeper);
    if (pods.every((pod) => isKept(host, pod))) return undefined;
  }
  return undefined;
}

/** Resolves when the pods that this process keeps have all ended, and no other needs it, for some time. */
async function idle(host: Host, kept: () => ReadonlySet<string>, signal: AbortSignal): Promise<void> {
  let idleSince = host.clock.now();
  let lingerMs = LINGER_MS;
  // Pods are there before it is started: when they have gone meanwhile, it came for nothing.
  let hasKept = false;
  if ((await host.client.listPods()).length === 0) return;
  while (!signal.aborted && host.clock.now() - idleSince < lingerMs) {
    await host.clock.sleep(CHECK_MS, { signal }).catch(() => {});
    const all = await host.client.listPods();
    hasKept ||= kept().size > 0;
    if (all.length === 0 && !hasKept) return;
    lingerMs = all.length === 0 ? LINGER_WITHOUT_PODS_MS : LINGER_MS;
    const pods = all.filter(needsKeeper);
    const mine = pods.filter(({ metadata }) => kept().has(metadata?.uid ?? ''));
    if (mine.length > 0 || !pods.every((pod) => isKept(host, pod))) idleSince = host.clock.now();
  }
}

function needsKeeper(pod: Pod): boolean {
  return !hasEnded(pod) || pod.metadata?.deletionTimestamp !== undefined;
}

function isKept(host: Host, pod: Pod): boolean {
  using lock = host.locks.tryKeep(pod.metadata?.uid ?? '');
  return lock === undefined;
}
