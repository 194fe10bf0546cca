/**
 * Runs a job's pods until as many as it wants have succeeded, or too many have failed.
 * @see kubernetes/pkg/controller/job/job_controller.go
 */
import { JOBS, PODS } from '../../client/resource-types.ts';
import type { Job, JobStatus, Pod } from '../../model/api/types.ts';
import { matchesLabelSelector } from '../../model/label-selector.ts';
import {
  type Controller,
  controlledBy,
  controllerOf,
  isWritten,
  KeyedController,
  keyOf,
  splitKey,
} from '../controller.ts';
import { Expectations } from '../expectations.ts';
import { isActive } from '../pod-states.ts';
import { type Occurrence, recordEvent } from '../record-event.ts';
import { isFinished } from './job-conditions.ts';
import { jobEvents } from './job-events.ts';
import { isTracked, TRACKING } from './job-pods.ts';
import { planJob } from './plan-job.ts';

const COMPONENT = 'job-controller';
const MANAGER = 'kubernetes.io/job-controller';
/** Before the name of a pod that no job controls any more. */
const STRAY = 'pod:';

export const jobController: Controller = async (deps, signal) => {
  const { client, clock } = deps;
  const controller = new KeyedController('job', deps, signal);
  const { queue } = controller;
  const expectations = new Expectations(clock);
  const jobs = controller.followAll(JOBS, (job) => queue.add(keyOf(job)));
  const touched = (pod: Pod, seen?: 'created' | 'deleted'): void => {
    const { namespace = '', name, uid = '' } = pod.metadata ?? {};
    const owner = controllerOf(pod);
    if (owner?.kind === 'Job') {
      const key = `${namespace}/${owner.name}`;
      if (seen === 'created') expectations.observedCreation(key);
      if (seen === 'deleted') expectations.observedDeletion(key, uid);
      queue.add(key);
      return;
    }
    if (owner !== undefined) return;
    if (isTracked(pod)) queue.add(`${namespace}/${STRAY}${name}`);
    for (const job of jobs.list()) if (selects(job, pod)) queue.add(keyOf(job));
  };
  const pods = controller.follow(PODS, {
    onAdd: (pod) => touched(pod, 'created'),
    onUpdate: (pod) => touched(pod, pod.metadata?.deletionTimestamp === undefined ? undefined : 'deleted'),
    onDelete: (pod) => touched(pod, 'deleted'),
  });

  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    const job = jobs.get(namespace, name);
    await releaseStrays(namespace, name, job);
    if (job === undefined) return expectations.forget(key);
    const { managedBy = MANAGER } = job.spec ?? {};
    if (managedBy !== MANAGER) return;
    if (isFinished(job)) return releaseAll(ownPods(job).filter(isTracked));
    await run({ apiVersion: 'batch/v1', kind: 'Job', ...job }, key);
  });

  async function run(job: Job, key: string): Promise<void> {
    const own = [...ownPods(job), ...(await adopt(job))];
    const plan = planJob(job, own, expectations.isFulfilled(key), clock.now());
    const { create, remove, end } = plan;
    if (create.length + remove.length + end.length > 0)
      expectations.expect(key, create.length, [...remove, ...end].map(uidOf));
    // A pod that is not needed is no failure: it must be nobody's to count before it goes.
    const results = await Promise.allSettled([
      ...create.map((pod) => make(job, key, pod)),
      ...remove.map(async (pod) => {
        await releaseAll([pod]).catch((error: unknown) => {
          expectations.observedDeletion(key, uidOf(pod));
          throw error;
        });
        await endPod(job, key, pod);
      }),
      ...end.map((pod) => endPod(job, key, pod)),
    ]);
    const failures = results.filter((result) => result.status === 'rejected');
    const notMade = results.slice(0, create.length).filter(({ status }) => status === 'rejected').length;
    const status = { ...plan.status, active: (plan.status.active ?? 0) - notMade };
    await writeStatus(job, status);
    await releaseAll(plan.release);
    const [failure] = failures;
    if (failure !== undefined) throw failure.reason;
    if (plan.againAfterMs !== undefined) queue.addAfter(key, plan.againAfterMs + 10);
  }

  function ownPods({ metadata }: Job): Pod[] {
    return pods
      .list()
      .filter(
        (pod) => pod.metadata?.namespace === metadata?.namespace && controllerOf(pod)?.uid === metadata?.uid,
      );
  }

  async function adopt(job: Job): Promise<Pod[]> {
    const { namespace = '', deletionTimestamp } = job.metadata ?? {};
    if (deletionTimestamp !== undefined) return [];
    const strays = pods.list().filter((pod) => controllerOf(pod) === undefined && selects(job, pod));
    return Promise.all(
      strays.filter(isActive).map(({ metadata }) => {
        const ownerReferences = [...(metadata?.ownerReferences ?? []), controlledBy(job, 'batch/v1', 'Job')];
        const finalizers = [...new Set([...(metadata?.finalizers ?? []), TRACKING])];
        const patch = { metadata: { uid: metadata?.uid, ownerReferences, finalizers } };
        return client.patch(PODS, namespace, metadata?.name ?? '', 'merge', patch);
      }),
    );
  }

  async function make(job: Job, key: string, pod: Pod): Promise<void> {
    try {
      const { metadata } = await client.create(PODS, pod);
      await tell(job, 'Normal', 'SuccessfulCreate', `Created pod: ${metadata?.name}`);
    } catch (error) {
      expectations.observedCreation(key);
      await tell(job, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  }

  async function endPod(job: Job, key: string, { metadata }: Pod): Promise<void> {
    const { namespace = '', name = '', uid } = metadata ?? {};
    try {
      await client.delete(PODS, namespace, name, uid === undefined ? {} : { preconditions: { uid } });
      await tell(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      expectations.observedDeletion(key, uid ?? '');
      await tell(job, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      throw error;
    }
  }

  /** Fails with a conflict when the job has changed since it was looked at: nothing is counted from an old status. */
  async function writeStatus(job: Job, status: JobStatus): Promise<void> {
    if (isWritten(status, job.status)) return;
    await client.update(JOBS, { ...job, status }, { subresource: 'status' });
    for (const event of jobEvents(job.status, status)) await recordEvent(deps, COMPONENT, job, event);
  }

  /** Pods of a job that is gone, or was one of the same name, are nobody's to count. */
  async function releaseStrays(namespace: string, name: string, job: Job | undefined): Promise<void> {
    const isStray = (pod: Pod): boolean => {
      if (pod.metadata?.namespace !== namespace || !isTracked(pod)) return false;
      const owner = controllerOf(pod);
      if (owner === undefined) {
        const isAsked = `${STRAY}${pod.metadata.name}` === name;
        return isAsked && !jobs.list().some((one) => selects(one, pod));
      }
      return owner.kind === 'Job' && owner.name === name && owner.uid !== job?.metadata?.uid;
    };
    await releaseAll(pods.list().filter(isStray));
  }

  async function releaseAll(released: readonly Pod[]): Promise<void> {
    for (const { metadata } of released) {
      const { namespace = '', name = '', uid } = metadata ?? {};
      const present = await client.find(PODS, namespace, name);
      if (present?.metadata?.uid !== uid || present === undefined || !isTracked(present)) continue;
      const left = (present.metadata?.finalizers ?? []).filter((one) => one !== TRACKING);
      await client.patch(PODS, namespace, name, 'merge', {
        metadata: { uid, resourceVersion: present.metadata?.resourceVersion, finalizers: left },
      });
    }
  }

  function tell(job: Job, type: Occurrence['type'], reason: string, message: string): Promise<void> {
    return recordEvent(deps, COMPONENT, job, { type, reason, message });
  }
};

function selects({ metadata, spec }: Job, pod: Pod): boolean {
  return (
    metadata?.namespace === pod.metadata?.namespace &&
    spec?.selector !== undefined &&
    matchesLabelSelector(spec.selector, pod.metadata?.labels)
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function uidOf({ metadata }: Pod): string {
  return metadata?.uid ?? '';
}
