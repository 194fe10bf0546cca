/**
 * The downward API: what a pod may learn of itself.
 * @see kubernetes/pkg/fieldpath/fieldpath.go
 */
import type { Pod } from './api/types.ts';

/** `metadata.labels['x']` → `metadata.labels` and `x`. */
export function splitSubscript(fieldPath: string): { path: string; subscript: string | undefined } {
  const match = /^([^[\]]+)\['(.*)'\]$/s.exec(fieldPath);
  const [, path, subscript] = match ?? [];
  return path === undefined ? { path: fieldPath, subscript: undefined } : { path, subscript };
}

/** `a="1"\nb="2"`, sorted by key and quoted, as the files of a volume have it. */
export function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/**
 * The value of a field of the pod; empty when the field is not set.
 * @throws RangeError when there is no such field in the downward API
 */
export function fieldPathValue(pod: Pod, fieldPath: string): string {
  const { path, subscript } = splitSubscript(fieldPath);
  if (subscript !== undefined) {
    if (path === 'metadata.annotations') return own(pod.metadata?.annotations, subscript);
    if (path === 'metadata.labels') return own(pod.metadata?.labels, subscript);
    throw new RangeError(`fieldPath ${JSON.stringify(fieldPath)} does not support subscript`);
  }
  switch (path) {
    case 'metadata.annotations':
      return formatMap(pod.metadata?.annotations);
    case 'metadata.labels':
      return formatMap(pod.metadata?.labels);
    case 'metadata.name':
      return pod.metadata?.name ?? '';
    case 'metadata.namespace':
      return pod.metadata?.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata?.uid ?? '';
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.hostIP':
      return pod.status?.hostIP ?? '';
    case 'status.hostIPs':
      return (pod.status?.hostIPs ?? []).map(({ ip }) => ip).join(',');
    case 'status.podIP':
      return pod.status?.podIP ?? '';
    case 'status.podIPs':
      return (pod.status?.podIPs ?? []).map(({ ip }) => ip).join(',');
    default:
      throw new RangeError(`unsupported fieldPath: ${fieldPath}`);
  }
}

function own(map: Readonly<Record<string, string>> | undefined, key: string): string {
  return map !== undefined && Object.hasOwn(map, key) ? (map[key] ?? '') : '';
}
