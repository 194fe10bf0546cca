import { withEngines } from '../engine/with-engines.ts';
import { openSources } from '../engine/pod-source.ts';
import { findPods } from '../find-pods.ts';
import { hasEnded, stopPods } from '../keeper/stop-pods.ts';
import { requireRoot } from '../require-root.ts';
import type { Settings } from '../settings.ts';

/** `peapod stop`: prints the name of each pod when all have ended. */
export async function stop(
  settings: Settings,
  names: readonly string[],
  options: { namespace: string; all?: boolean; time?: number },
): Promise<void> {
  requireRoot('stop pods');
  await using sources = await openSources(settings);
  const pods = await findPods(sources, names, options);
  const running = pods.filter(({ pod }) => !hasEnded(pod));
  const grace = options.time === undefined ? {} : { gracePeriodSeconds: options.time };
  await withEngines(running, (engine, own) => stopPods(engine, own, grace));
  for (const { pod } of pods) process.stdout.write(`pod/${pod.metadata?.name}\n`);
}
