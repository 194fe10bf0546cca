/** @see kubernetes/pkg/api/v1/pod/util.go ContainerShouldRestart */
import type { Container, ContainerRestartRule, Pod } from '../api/types.ts';

type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

/**
 * Whether a container of the pod that ended with this exit code shall be started again.
 * An init container that succeeded never is, unless it is a sidecar.
 */
export function shouldRestart(pod: Pod, container: Container, exitCode: number): boolean {
  if (pod.metadata?.deletionTimestamp !== undefined) return false;
  if (isRegularInit(pod, container)) {
    return exitCode !== 0 && byRules(container, exitCode, podPolicy(pod) === 'Never' ? 'Never' : 'OnFailure');
  }
  return byRules(container, exitCode, podPolicy(pod));
}

function byRules(container: Container, exitCode: number, fallback: RestartPolicy): boolean {
  const matching = (container.restartPolicyRules ?? []).find((rule) => matches(rule, exitCode));
  if (matching?.action === 'Restart') return true;
  switch ((container.restartPolicy as RestartPolicy | undefined) ?? fallback) {
    case 'Always':
      return true;
    case 'OnFailure':
      return exitCode !== 0;
    case 'Never':
      return false;
  }
}

function matches(rule: ContainerRestartRule, exitCode: number): boolean {
  const { operator, values = [] } = rule.exitCodes ?? {};
  if (operator === 'In') return values.includes(exitCode);
  return operator === 'NotIn' && !values.includes(exitCode);
}

function podPolicy(pod: Pod): RestartPolicy {
  return (pod.spec?.restartPolicy as RestartPolicy | undefined) ?? 'Always';
}

function isRegularInit(pod: Pod, container: Container): boolean {
  const init = (pod.spec?.initContainers ?? []).some(({ name }) => name === container.name);
  return init && container.restartPolicy !== 'Always';
}
