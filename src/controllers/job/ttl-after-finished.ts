/** Deletes jobs that have ended and want to be forgotten. @see kubernetes/pkg/controller/ttlafterfinished */
import { JOBS } from '../../client/resource-types.ts';
import type { Job } from '../../model/api/types.ts';
import { type Controller, KeyedController, keyOf, splitKey } from '../controller.ts';

/** When a job is to go, in milliseconds since the epoch; nothing while it runs or when it is to stay. */
export function expiryMs({ spec, status, metadata }: Job): number | undefined {
  const seconds = spec?.ttlSecondsAfterFinished;
  if (seconds === undefined || metadata?.deletionTimestamp !== undefined) return undefined;
  const end = status?.conditions?.find(
    (one) => (one.type === 'Complete' || one.type === 'Failed') && one.status === 'True',
  );
  return end === undefined ? undefined : Date.parse(end.lastTransitionTime ?? '') + seconds * 1000;
}

export const ttlAfterFinishedController: Controller = async (deps, signal) => {
  const { client, clock } = deps;
  const controller = new KeyedController('ttl-after-finished', deps, signal);
  const { queue } = controller;
  const jobs = controller.followAll(JOBS, (job) => queue.add(keyOf(job)));
  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    const known = jobs.get(namespace, name);
    if (known === undefined || expiryMs(known) === undefined) return;
    // The copy may be behind, and the time may have been made longer.
    const job = await client.find(JOBS, namespace, name);
    const expiry = job === undefined ? undefined : expiryMs(job);
    if (job === undefined || expiry === undefined) return;
    const waitMs = expiry - clock.now();
    if (waitMs > 0) return queue.addAfter(key, waitMs);
    const { uid, resourceVersion } = job.metadata ?? {};
    await client.delete(JOBS, namespace, name, {
      propagationPolicy: 'Foreground',
      preconditions: { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
    });
  });
};
