/** What a job wants to know of its pods. */
import type { Container, Job, Pod } from '../../model/api/types.ts';
import { controlledBy } from '../controller.ts';
import { podFromTemplate } from '../pod-states.ts';

/** Keeps a pod until it is counted. */
export const TRACKING = 'batch.kubernetes.io/job-tracking';
export const INDEX = 'batch.kubernetes.io/job-completion-index';
const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count';

export interface IndexHistory {
  readonly failures: number;
  readonly ignored: number;
}

export function isTracked({ metadata }: Pod): boolean {
  return metadata?.finalizers?.includes(TRACKING) === true;
}

export function isLeaving({ metadata, status }: Pod): boolean {
  const isOver = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  return metadata?.deletionTimestamp !== undefined && !isOver;
}

/** A pod that is being deleted has failed, unless only those that have really ended are replaced. */
export function hasFailed(pod: Pod, { spec }: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return spec?.podReplacementPolicy !== 'Failed' && isLeaving(pod);
}

/** One that the job did not need and sent away: it is no failure, however it ends. */
export function isSentAway(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined && !isTracked(pod);
}

export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata?.annotations?.[INDEX] ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** How often the pods of its index had failed before this one. */
export function historyOf({ metadata }: Pod): IndexHistory {
  const count = (name: string) => Number(metadata?.annotations?.[name] ?? 0) || 0;
  return { failures: count(FAILURES), ignored: count(IGNORED_FAILURES) };
}

/** When the pod's last container ended; for what never ran, when it was deleted or made. */
export function finishedMs({ metadata, status }: Pod): number {
  const ends = (status?.containerStatuses ?? []).flatMap(({ state }) => state?.terminated?.finishedAt ?? []);
  const times = ends.map((end) => Date.parse(end)).filter((time) => !Number.isNaN(time));
  if (times.length > 0) return Math.max(...times);
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
  return Date.parse(metadata?.deletionTimestamp ?? ready ?? metadata?.creationTimestamp ?? '');
}

export function podOfJob(job: Job): Pod {
  const { namespace = '', name = '' } = job.metadata ?? {};
  const owner = controlledBy(job, 'batch/v1', 'Job');
  const pod = podFromTemplate(job.spec?.template, { namespace, prefix: `${name}-`, owner });
  const finalizers = [...(pod.metadata?.finalizers ?? []), TRACKING];
  return { ...pod, metadata: { ...pod.metadata, finalizers } };
}

/** @param history of the index, where failures are counted per index */
export function podOfIndex(job: Job, index: number, history: IndexHistory | undefined): Pod {
  const pod = podOfJob(job);
  const { name = '' } = job.metadata ?? {};
  const counts =
    history === undefined
      ? {}
      : {
          [FAILURES]: String(history.failures),
          ...(history.ignored === 0 ? {} : { [IGNORED_FAILURES]: String(history.ignored) }),
        };
  const { initContainers } = pod.spec ?? {};
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${name}-${index}-`,
      annotations: { ...pod.metadata?.annotations, ...counts, [INDEX]: String(index) },
      labels: { ...pod.metadata?.labels, [INDEX]: String(index) },
    },
    spec: {
      ...pod.spec,
      hostname: `${name}-${index}`,
      containers: (pod.spec?.containers ?? []).map(withIndex),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withIndex) }),
    },
  };
}

function withIndex(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === 'JOB_COMPLETION_INDEX')) return container;
  const fieldRef = { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` };
  return { ...container, env: [...env, { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } }] };
}
