import type { Pod, PodStatus } from '../../model/api/types.ts';

/** What a pod with resources of its own was given. */
export function podResources({ spec }: Pod): Pick<PodStatus, 'resources' | 'allocatedResources'> {
  const { requests, limits } = spec?.resources ?? {};
  if (requests === undefined && limits === undefined) return {};
  return {
    resources: {
      ...(limits === undefined ? {} : { limits }),
      ...(requests === undefined ? {} : { requests }),
    },
    ...(requests === undefined ? {} : { allocatedResources: { ...requests } }),
  };
}
