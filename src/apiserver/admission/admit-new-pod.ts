import type { LimitRange, Pod, PriorityClass, ServiceAccount } from '../../model/api/types.ts';
import { tryQosClass } from '../../model/qos-class.ts';
import { checkPodLimits } from './check-limit-ranges.ts';
import { withLimitRangeDefaults } from './limit-range-defaults.ts';
import { withPriority } from './pod-priority.ts';
import { withServiceAccount } from './pod-service-account.ts';
import { withDefaultTolerations } from './pod-tolerations.ts';

/** What a new pod finds in its namespace and in the cluster. */
export interface PodSurroundings {
  readonly limitRanges: readonly LimitRange[];
  readonly priorityClasses: readonly PriorityClass[];
  /** The one that `serviceAccountNameOf` names; nothing when there is none. */
  readonly serviceAccount: ServiceAccount | undefined;
  /** Five random letters, for the name of a volume. */
  readonly nameSuffix: string;
}

/**
 * A copy of a new pod with what its surroundings give it. Quotas come last, when all else is settled: `chargeQuotas`.
 * @throws StatusError Forbidden when they do not take it
 */
export function admitNewPod(pod: Pod, surroundings: PodSurroundings): Pod {
  const { limitRanges, priorityClasses, serviceAccount, nameSuffix } = surroundings;
  const limited = withLimitRangeDefaults(pod, limitRanges);
  const withAccount = withServiceAccount(limited, serviceAccount, nameSuffix);
  const admitted = withDefaultTolerations(withPriority(withAccount, priorityClasses));
  checkPodLimits(admitted, limitRanges);
  const qosClass = tryQosClass(admitted);
  return qosClass === undefined ? admitted : { ...admitted, status: { ...admitted.status, qosClass } };
}
