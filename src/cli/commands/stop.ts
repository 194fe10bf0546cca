import { PeapodError } from '../../model/errors.ts';
import { isMirrorPod } from '../../model/mirror-pod.ts';
import { withEngines } from '../engine/with-engines.ts';
import { openSources } from '../engine/pod-source.ts';
import { findPods, type FoundPod } from '../find-pods.ts';
import { hasEnded, stopPods } from '../keeper/stop-pods.ts';
import { requireRoot } from '../require-root.ts';
import type { Settings } from '../settings.ts';

/** `peapod stop`: prints the name of each pod when all have ended. With `--all`, those that nodes have from files run on. */
export async function stop(
  settings: Settings,
  names: readonly string[],
  options: { namespace: string; all?: boolean; time?: number },
): Promise<void> {
  requireRoot('stop pods');
  await using sources = await openSources(settings);
  const found = await findPods(sources, names, options);
  const pods = options.all === true ? found.filter(({ pod }) => !isMirrorPod(pod)) : stoppable(found);
  const running = pods.filter(({ pod }) => !hasEnded(pod));
  const grace = options.time === undefined ? {} : { gracePeriodSeconds: options.time };
  await withEngines(running, (engine, own) => stopPods(engine, own, grace));
  for (const { pod } of pods) process.stdout.write(`pod/${pod.metadata?.name}\n`);
}

/** @throws PeapodError FailedPrecondition before any is stopped: a node heeds the file of such a pod, not what the API says of its mirror */
function stoppable(pods: FoundPod[]): FoundPod[] {
  const mirror = pods.find(({ pod }) => isMirrorPod(pod));
  if (mirror === undefined) return pods;
  throw new PeapodError('FailedPrecondition', `cannot stop static pod "${mirror.pod.metadata?.name}"`, {
    hint: "remove its file from the node's folder of manifests",
  });
}
