import type { IdMapping, PodSandboxStatus } from '../../runtime/pod-runtime.ts';

/** Ids that each pod with a user namespace of its own gets. */
const RANGE = 65_536;
/** The last range that still fits below the ids that the kernel reserves. */
const RANGES = 32_767;

/** A range of the node's ids that no other pod has: the pod's earlier one, or a free one that its UID leads to. */
export function allocateUserNamespace(
  podUid: string,
  sandboxes: readonly PodSandboxStatus[],
): { uids: IdMapping[]; gids: IdMapping[] } {
  const taken = new Set<number>();
  for (const { metadata, namespaces } of sandboxes) {
    const first = namespaces.userns?.uids[0];
    if (namespaces.userns === undefined || first === undefined) continue;
    if (metadata.uid === podUid) return namespaces.userns;
    taken.add(Math.floor(first.hostId / RANGE));
  }
  let range = hash(podUid) % RANGES;
  // The first range is the node's own.
  while (range === 0 || taken.has(range)) range = (range + 1) % RANGES;
  const mapping: IdMapping = { containerId: 0, hostId: range * RANGE, length: RANGE };
  return { uids: [mapping], gids: [{ ...mapping }] };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}
