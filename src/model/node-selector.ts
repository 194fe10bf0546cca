/** @see kubernetes/staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go */
import type { Node, NodeSelector, NodeSelectorRequirement, PodSpec } from './api/types.ts';
import { type LabelRequirement, matchesRequirements } from './label-selector.ts';

/** Whether a node has one of the selector's terms; an empty term selects no node. */
export function matchesNodeSelector({ nodeSelectorTerms }: NodeSelector, { metadata }: Node): boolean {
  return nodeSelectorTerms.some(({ matchExpressions = [], matchFields = [] }) => {
    if (matchExpressions.length === 0 && matchFields.length === 0) return false;
    return (
      matchesRequirements(matchExpressions.map(toLabelRequirement), metadata?.labels) &&
      matchesRequirements(matchFields.map(toLabelRequirement), { 'metadata.name': metadata?.name ?? '' })
    );
  });
}

/** Whether a pod's `nodeSelector` and required node affinity take a node. */
export function selectsNode({ nodeSelector = {}, affinity }: PodSpec, node: Node): boolean {
  const labels = node.metadata?.labels ?? {};
  if (!Object.entries(nodeSelector).every(([key, value]) => labels[key] === value)) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

function toLabelRequirement({ key, operator, values = [] }: NodeSelectorRequirement): LabelRequirement {
  return { key, operator: operator as LabelRequirement['operator'], values };
}
