/** @see kubernetes/pkg/controller/deployment/sync.go, progress.go */
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../model/api/types.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { rolloutLimits, type Sets } from './rollout.ts';

interface Judged {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** Whether the rollout has come forward, so that its deadline begins anew. */
  readonly progressed?: boolean;
}

export function deploymentStatus(deployment: Deployment, sets: Sets, nowMs: number): DeploymentStatus {
  const { current, old } = sets;
  const all = [...old, ...(current === undefined ? [] : [current])];
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    all.reduce((total, { status }) => total + (status?.[field] ?? 0), 0);
  const available = sum('availableReplicas');
  const wanted = deployment.spec?.replicas ?? 1;
  const counts = {
    observedGeneration: deployment.metadata?.generation ?? 0,
    replicas: sum('replicas'),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum('readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum('replicas') - available),
  };
  const conditions = [
    judgeAvailable(available, wanted - rolloutLimits(deployment).maxUnavailable),
    ...judgeProgress(deployment, counts, current, nowMs),
    ...failuresOf(all, current),
  ];
  const previous = deployment.status?.conditions ?? [];
  const others = previous.filter(
    ({ type }) => type !== FAILURE && !conditions.some((one) => one.type === type),
  );
  const { collisionCount } = deployment.status ?? {};
  return {
    ...counts,
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: [...conditions.map((one) => dated(one, previous, nowMs)), ...others],
  };
}

const FAILURE = 'ReplicaFailure';

/** What the present set could not do, or else one of the others. */
function failuresOf(all: readonly ReplicaSet[], current: ReplicaSet | undefined): Judged[] {
  for (const set of [...(current === undefined ? [] : [current]), ...all]) {
    const failure = set.status?.conditions?.find(({ type }) => type === FAILURE);
    if (failure === undefined) continue;
    const { reason = '', message = '' } = failure;
    return [{ type: FAILURE, status: 'True', reason, message }];
  }
  return [];
}

function judgeAvailable(available: number, least: number): Judged {
  if (available >= least) {
    return {
      type: 'Available',
      status: 'True',
      reason: 'MinimumReplicasAvailable',
      message: 'Deployment has minimum availability.',
    };
  }
  return {
    type: 'Available',
    status: 'False',
    reason: 'MinimumReplicasUnavailable',
    message: 'Deployment does not have minimum availability.',
  };
}

type Counts = Pick<DeploymentStatus, 'replicas' | 'updatedReplicas' | 'availableReplicas' | 'readyReplicas'>;

export function isComplete(
  { spec }: Deployment,
  { replicas, updatedReplicas, availableReplicas }: Counts,
): boolean {
  const wanted = spec?.replicas ?? 1;
  return updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted;
}

function judgeProgress(
  deployment: Deployment,
  counts: Counts,
  current: ReplicaSet | undefined,
  nowMs: number,
): Judged[] {
  const deadline = deployment.spec?.progressDeadlineSeconds;
  if (deadline === undefined) return [];
  const before = deployment.status?.conditions?.find(({ type }) => type === 'Progressing');
  if (deployment.spec?.paused === true) {
    return [
      { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' },
    ];
  }
  if (current === undefined) return [];
  const name = JSON.stringify(current.metadata?.name ?? '');
  if (isComplete(deployment, counts)) {
    return [
      {
        type: 'Progressing',
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        message: `ReplicaSet ${name} has successfully progressed.`,
      },
    ];
  }
  // A rollout that came to its end has no deadline any more, whatever becomes of its pods.
  const isEnded = before?.reason === 'NewReplicaSetAvailable' && counts.replicas === counts.updatedReplicas;
  if (isEnded && !isOtherRollout(before, name))
    return [
      { type: 'Progressing', status: 'True', reason: before.reason ?? '', message: before.message ?? '' },
    ];
  if (
    hasProgressed(deployment.status, counts) ||
    before === undefined ||
    before.reason === 'DeploymentPaused' ||
    isOtherRollout(before, name)
  ) {
    return [
      {
        type: 'Progressing',
        status: 'True',
        reason: 'ReplicaSetUpdated',
        message: `ReplicaSet ${name} is progressing.`,
        progressed: true,
      },
    ];
  }
  const since = Date.parse(before.lastUpdateTime ?? '');
  if (before.reason === 'ProgressDeadlineExceeded' || nowMs - since > deadline * 1000) {
    return [
      {
        type: 'Progressing',
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: `ReplicaSet ${name} has timed out progressing.`,
      },
    ];
  }
  return [
    { type: 'Progressing', status: 'True', reason: before.reason ?? '', message: before.message ?? '' },
  ];
}

/** A finished or failed rollout of another template says nothing of this one. */
function isOtherRollout({ message = '' }: DeploymentCondition, name: string): boolean {
  return message.startsWith('ReplicaSet ') && !message.startsWith(`ReplicaSet ${name} `);
}

function hasProgressed(before: DeploymentStatus | undefined, after: Counts): boolean {
  const oldBefore = (before?.replicas ?? 0) - (before?.updatedReplicas ?? 0);
  const oldAfter = (after.replicas ?? 0) - (after.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    oldAfter < oldBefore ||
    (after.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  );
}

function dated(
  { progressed, ...judged }: Judged,
  previous: readonly DeploymentCondition[],
  nowMs: number,
): DeploymentCondition {
  const before = previous.find(({ type }) => type === judged.type);
  const isSame = before?.status === judged.status && before.reason === judged.reason && progressed !== true;
  return {
    ...judged,
    lastUpdateTime: (isSame ? before.lastUpdateTime : undefined) ?? apiTime(nowMs),
    lastTransitionTime:
      (before?.status === judged.status ? before.lastTransitionTime : undefined) ?? apiTime(nowMs),
  };
}
