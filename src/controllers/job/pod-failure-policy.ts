import type { ContainerStatus, Job, Pod, PodFailurePolicyRule } from '../../model/api/types.ts';

export interface FailureVerdict {
  readonly action: 'Count' | 'FailIndex' | 'FailJob' | 'Ignore';
  /** For `FailJob`. */
  readonly message: string;
}

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'] as const;
const COUNT: FailureVerdict = { action: 'Count', message: '' };

/**
 * What a pod's failure means: the first rule that matches tells; where none does it counts.
 * @see kubernetes/pkg/controller/job/pod_failure_policy.go
 */
export function judgeFailure({ spec }: Job, pod: Pod): FailureVerdict {
  if (pod.status?.phase !== 'Failed') return COUNT;
  for (const [index, rule] of (spec?.podFailurePolicy?.rules ?? []).entries()) {
    const match = matchOf(rule, pod);
    const action = ACTIONS.find((one) => one === rule.action);
    if (match === undefined || action === undefined) continue;
    return { action, message: `${match} matching ${action} rule at index ${index}` };
  }
  return COUNT;
}

function matchOf({ onExitCodes, onPodConditions = [] }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata ?? {};
  if (onExitCodes !== undefined) {
    const { containerName, operator, values } = onExitCodes;
    const isMatch = (status: ContainerStatus): boolean => {
      const code = status.state?.terminated?.exitCode ?? 0;
      if (code === 0 || (containerName !== undefined && containerName !== status.name)) return false;
      return values.includes(code) === (operator === 'In');
    };
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
    const found = [...containerStatuses, ...initContainerStatuses].find(isMatch);
    if (found === undefined) return undefined;
    const code = found.state?.terminated?.exitCode;
    return `Container ${found.name} for pod ${namespace}/${name} failed with exit code ${code}`;
  }
  const pattern = onPodConditions.find(({ type, status = 'True' }) =>
    pod.status?.conditions?.some((one) => one.type === type && one.status === status),
  );
  return pattern === undefined ? undefined : `Pod ${namespace}/${name} has condition ${pattern.type}`;
}
