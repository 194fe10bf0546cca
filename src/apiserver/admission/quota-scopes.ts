/** Which pods a quota is for. @see kubernetes/pkg/quota/v1/evaluator/core/pods.go podMatchesScopeFunc */
import type { Pod, ResourceQuota, ScopedResourceSelectorRequirement } from '../../model/api/types.ts';
import { tryQosClass } from '../../model/qos-class.ts';

/** Whether a quota counts this pod. A quota without scopes counts all that there is. */
export function quotaCountsPod({ spec }: ResourceQuota, pod: Pod): boolean {
  const scopes = (spec?.scopes ?? []).map(
    (scopeName): ScopedResourceSelectorRequirement => ({ scopeName, operator: 'Exists' }),
  );
  return [...scopes, ...(spec?.scopeSelector?.matchExpressions ?? [])].every((scope) =>
    isInScope(pod, scope),
  );
}

/** Scopes are about pods: other objects are counted only by quotas without any. */
export function hasScopes({ spec }: ResourceQuota): boolean {
  return (spec?.scopes ?? []).length + (spec?.scopeSelector?.matchExpressions ?? []).length > 0;
}

function isInScope(
  pod: Pod,
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
): boolean {
  switch (scopeName) {
    case 'Terminating':
      return pod.spec?.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return pod.spec?.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return tryQosClass(pod) === 'BestEffort';
    case 'NotBestEffort':
      return tryQosClass(pod) !== 'BestEffort';
    case 'PriorityClass':
      return matches(pod.spec?.priorityClassName ?? '', operator, values);
    case 'CrossNamespacePodAffinity':
      return looksElsewhere(pod);
    default:
      return false;
  }
}

function matches(name: string, operator: string, values: readonly string[]): boolean {
  switch (operator) {
    case 'In':
      return values.includes(name);
    case 'NotIn':
      return !values.includes(name);
    case 'Exists':
      return name !== '';
    default:
      return name === '';
  }
}

function looksElsewhere({ spec }: Pod): boolean {
  return [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity].some((affinity) =>
    [
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((one) => one.podAffinityTerm),
    ].some((term) => (term.namespaces ?? []).length > 0 || term.namespaceSelector !== undefined),
  );
}
