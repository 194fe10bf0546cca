import { findPods } from '../find-pods.ts';
import { openHost } from '../host.ts';
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
  await using host = await openHost(settings);
  const pods = await findPods(host.client, names, options);
  const running = pods.filter((pod) => !hasEnded(pod));
  await stopPods(host, running, options.time === undefined ? {} : { gracePeriodSeconds: options.time });
  for (const pod of pods) process.stdout.write(`pod/${pod.metadata?.name}\n`);
}
