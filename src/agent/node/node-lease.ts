import type { ApiClient } from '../../client/api-client.ts';
import { LEASES } from '../../client/resource-types.ts';
import type { Lease, Node } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';

const NAMESPACE = 'kube-node-lease';
const SECONDS = 40;

/** Renews a node's lease as it wrote it last, with one request; what there is it reads only when others have changed it. */
export function leaseRenewal(client: ApiClient): (node: Node, nowMs: number) => Promise<void> {
  let known: Lease | undefined;
  const write = async (present: Lease | undefined, node: Node, nowMs: number): Promise<Lease> => {
    const name = node.metadata?.name ?? '';
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        ...present?.metadata,
        name,
        namespace: NAMESPACE,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata?.uid ?? '' }],
      },
      spec: {
        ...present?.spec,
        holderIdentity: name,
        leaseDurationSeconds: SECONDS,
        renewTime: new Date(nowMs).toISOString().replace('Z', '000Z'),
      },
    };
    return present === undefined ? client.create(LEASES, lease) : client.update(LEASES, lease);
  };
  return async (node, nowMs) => {
    const before = known;
    known = undefined;
    try {
      if (before !== undefined) known = await write(before, node, nowMs);
    } catch (error) {
      if (!isPeapodError(error, 'Conflict') && !isPeapodError(error, 'NotFound')) throw error;
    }
    if (known !== undefined) return;
    const present = await client.find(LEASES, NAMESPACE, node.metadata?.name ?? '');
    known = await write(present, node, nowMs);
  };
}
