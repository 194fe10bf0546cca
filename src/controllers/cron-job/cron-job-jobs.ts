/** The jobs of a cron job. */
import type { CronJob, Job } from '../../model/api/types.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { controlledBy } from '../controller.ts';
import { hasCondition, isFinished } from '../job/job-conditions.ts';

const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const MINUTE_MS = 60_000;

/** Named after the minute, so that no moment has two. */
export function jobNameAt({ metadata }: CronJob, dueMs: number): string {
  return `${metadata?.name}-${Math.floor(dueMs / MINUTE_MS)}`;
}

export function jobAt(cronJob: CronJob, dueMs: number): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const { namespace = '' } = cronJob.metadata ?? {};
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobNameAt(cronJob, dueMs),
      namespace,
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [SCHEDULED]: apiTime(dueMs) },
      creationTimestamp: apiTime(dueMs),
      ownerReferences: [controlledBy(cronJob, 'batch/v1', 'CronJob')],
    },
    ...(spec === undefined ? {} : { spec }),
  };
}

/** The jobs that have ended and are more than are to be kept, the oldest first. */
export function outlivedJobs({ spec }: CronJob, jobs: readonly Job[]): Job[] {
  const ended = jobs.filter(isFinished).toSorted((a, b) => startMs(a) - startMs(b));
  const beyond = (all: readonly Job[], limit: number | undefined) =>
    limit === undefined ? [] : all.slice(0, Math.max(0, all.length - limit));
  return [
    ...beyond(
      ended.filter((job) => hasCondition(job, 'Complete')),
      spec.successfulJobsHistoryLimit,
    ),
    ...beyond(
      ended.filter((job) => hasCondition(job, 'Failed')),
      spec.failedJobsHistoryLimit,
    ),
  ];
}

function startMs({ status, metadata }: Job): number {
  return Date.parse(status?.startTime ?? metadata?.creationTimestamp ?? '');
}
