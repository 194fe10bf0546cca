import { PeapodError } from '../../model/errors.ts';
import { findPods } from '../find-pods.ts';
import { openHost } from '../host.ts';
import { removePods } from '../keeper/remove-pods.ts';
import { hasEnded } from '../keeper/stop-pods.ts';
import { requireRoot } from '../require-root.ts';
import type { Settings } from '../settings.ts';

/** `peapod rm`: prints the name of each pod when nothing is left of them. */
export async function rm(
  settings: Settings,
  names: readonly string[],
  options: { namespace: string; all?: boolean; force?: boolean; time?: number },
): Promise<void> {
  requireRoot('remove pods');
  await using host = await openHost(settings);
  const pods = await findPods(host.client, names, options);
  const running = pods.find((pod) => !hasEnded(pod));
  if (running !== undefined && options.force !== true) {
    const name = running.metadata?.name;
    throw new PeapodError('FailedPrecondition', `pod "${name}" is running`, {
      hint: `peapod stop ${name}, or peapod rm -f ${name}`,
    });
  }
  await removePods(host, pods, options.time === undefined ? {} : { gracePeriodSeconds: options.time });
  for (const pod of pods) process.stdout.write(`pod/${pod.metadata?.name}\n`);
}
