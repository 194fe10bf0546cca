import type { Pod } from '../../../model/api/types.ts';

/** How the pods of `scheduling.x-k8s.io` say what group they belong to. */
const GROUP_LABEL = 'scheduling.x-k8s.io/pod-group';

/** `namespace/name` of the pod's PodGroup; nothing when it has none. */
export function groupKeyOf({ metadata, spec }: Pod): string | undefined {
  const name = spec?.schedulingGroup?.podGroupName ?? metadata?.labels?.[GROUP_LABEL];
  return name ? `${metadata?.namespace ?? 'default'}/${name}` : undefined;
}
