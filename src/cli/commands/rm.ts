import { PeapodError } from '../../model/errors.ts';
import { withEngines } from '../engine/with-engines.ts';
import { openSources } from '../engine/pod-source.ts';
import { findPods } from '../find-pods.ts';
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
  await using sources = await openSources(settings);
  const pods = await findPods(sources, names, options);
  const running = pods.find(({ pod }) => !hasEnded(pod));
  if (running !== undefined && options.force !== true) {
    const name = running.pod.metadata?.name;
    const phase = running.pod.status?.phase ?? 'Pending';
    throw new PeapodError('FailedPrecondition', `pod "${name}" is ${phase.toLowerCase()}`, {
      hint: `peapod stop ${name}, or peapod rm -f ${name}`,
    });
  }
  const grace = options.time === undefined ? {} : { gracePeriodSeconds: options.time };
  await withEngines(pods, (engine, own) => removePods(engine, own, grace));
  for (const { pod } of pods) process.stdout.write(`pod/${pod.metadata?.name}\n`);
}
