import type { ClusterSnapshot } from '../snapshot.ts';
import { DIGEST } from '../state/node-table.ts';

/** All that a snapshot knows, in an order of its own: snapshots of equal clusters are described equally. */
export function describeSnapshot({ nodes, hostPorts, claims, population, columns }: ClusterSnapshot): object {
  const described = [...nodes.live.subarray(0, nodes.count)].map((slot) => {
    const info = nodes.info(slot);
    const byResource = (arrays: readonly Float64Array[]) =>
      Object.fromEntries(
        arrays
          .map((array, column) => [nodes.resources.nameOf(column), array[slot] ?? 0] as const)
          .filter(([, amount]) => amount !== 0),
      );
    return [
      info.name,
      {
        node: info.node,
        allocatable: byResource(nodes.allocatable),
        requested: byResource(nodes.requested),
        assumed: [nodes.assumedCpu[slot], nodes.assumedMemory[slot]],
        digest: [...nodes.digest.subarray(slot * DIGEST, (slot + 1) * DIGEST)],
        podCount: nodes.podCount[slot],
        pods: nodes
          .podsOn(slot)
          .map(({ key }) => key)
          .sort(),
        ports: Object.fromEntries(hostPorts.on(slot) ?? []),
        claims: Object.fromEntries(claims.on(slot) ?? []),
        columns: columns.describe(slot),
      },
    ] as const;
  });
  return { nodes: Object.fromEntries(described), counters: population.describe() };
}
