/** @see kubernetes/pkg/kubelet/eviction/eviction_manager.go localStorageEviction */
import type { Pod } from '../../model/api/types.ts';
import { podLimits } from '../../model/pod-requests.ts';
import { formatQuantity, parseQuantity, type Quantity, wholeValue } from '../../model/quantity.ts';
import { parseResources } from '../../model/resource-list.ts';

export interface StorageUsage {
  /** Bytes of the pod's disk volumes by volume name. */
  readonly volumeBytes: ReadonlyMap<string, number>;
  /** Bytes of the containers' writable layers by container name. */
  readonly layerBytes: ReadonlyMap<string, number>;
}

const EPHEMERAL_STORAGE = 'ephemeral-storage';

/** The eviction message for the first limit that is exceeded: a volume's, the pod's, then a container's. */
export function storageOverLimit(pod: Pod, usage: StorageUsage): string | undefined {
  return volumeOverLimit(pod, usage) ?? podOverLimit(pod, usage) ?? containerOverLimit(pod, usage);
}

function volumeOverLimit({ spec }: Pod, { volumeBytes }: StorageUsage): string | undefined {
  for (const { name, emptyDir } of spec?.volumes ?? []) {
    const limit = emptyDir?.sizeLimit === undefined ? undefined : parseQuantity(emptyDir.sizeLimit);
    if (limit === undefined || limit.nano === 0n || !exceeds(volumeBytes.get(name), limit)) continue;
    return `Usage of EmptyDir volume "${name}" exceeds the limit "${formatQuantity(limit)}". `;
  }
  return undefined;
}

function podOverLimit(pod: Pod, { volumeBytes, layerBytes }: StorageUsage): string | undefined {
  const everyContainerLimited = (pod.spec?.containers ?? []).every(({ resources }) =>
    parseResources(resources?.limits).has(EPHEMERAL_STORAGE),
  );
  const limit = podLimits(pod).get(EPHEMERAL_STORAGE);
  if (limit === undefined || !everyContainerLimited) return undefined;
  const total = [...localVolumes(pod, volumeBytes), ...layerBytes.values()].reduce(
    (sum, bytes) => sum + bytes,
    0,
  );
  if (!exceeds(total, limit)) return undefined;
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${formatQuantity(limit)}. `;
}

function containerOverLimit({ spec }: Pod, { layerBytes }: StorageUsage): string | undefined {
  for (const { name, resources } of spec?.containers ?? []) {
    const limit = parseResources(resources?.limits).get(EPHEMERAL_STORAGE);
    if (limit === undefined || !exceeds(layerBytes.get(name), limit)) continue;
    return `Container ${name} exceeded its local ephemeral storage limit "${formatQuantity(limit)}". `;
  }
  return undefined;
}

/** What lies on the node's disk for this pod alone. */
function localVolumes({ spec }: Pod, volumeBytes: ReadonlyMap<string, number>): number[] {
  return (spec?.volumes ?? [])
    .filter(({ emptyDir }) => emptyDir !== undefined && emptyDir.medium !== 'Memory')
    .map(({ name }) => volumeBytes.get(name) ?? 0);
}

function exceeds(bytes: number | undefined, limit: Quantity): boolean {
  return bytes !== undefined && BigInt(Math.ceil(bytes)) > wholeValue(limit);
}
