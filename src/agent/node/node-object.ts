/** What a node says of itself. */
import type { Node, NodeCondition, NodeSpec, NodeStatus } from '../../model/api/types.ts';
import type { PressureCondition } from '../eviction/judge-pressure.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';

export interface NodeDescription {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ips: readonly string[];
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly info: NonNullable<NodeStatus['nodeInfo']>;
  readonly images: readonly { names: string[]; sizeBytes: number }[];
  /** What the node is short of. */
  readonly pressure: ReadonlySet<PressureCondition>;
}

interface Judged {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** The node's status; conditions keep the time of their last change. */
export function nodeStatus(
  description: NodeDescription,
  previous: Node | undefined,
  nowMs: number,
): NodeStatus {
  const { name, ips, capacity, allocatable, info, images, pressure } = description;
  const judged: Judged[] = [
    pressure.has('MemoryPressure')
      ? {
          type: 'MemoryPressure',
          status: 'True',
          reason: 'KubeletHasInsufficientMemory',
          message: 'kubelet has insufficient memory available',
        }
      : {
          type: 'MemoryPressure',
          status: 'False',
          reason: 'KubeletHasSufficientMemory',
          message: 'kubelet has sufficient memory available',
        },
    pressure.has('DiskPressure')
      ? {
          type: 'DiskPressure',
          status: 'True',
          reason: 'KubeletHasDiskPressure',
          message: 'kubelet has disk pressure',
        }
      : {
          type: 'DiskPressure',
          status: 'False',
          reason: 'KubeletHasNoDiskPressure',
          message: 'kubelet has no disk pressure',
        },
    pressure.has('PIDPressure')
      ? {
          type: 'PIDPressure',
          status: 'True',
          reason: 'KubeletHasInsufficientPID',
          message: 'kubelet has insufficient PID available',
        }
      : {
          type: 'PIDPressure',
          status: 'False',
          reason: 'KubeletHasSufficientPID',
          message: 'kubelet has sufficient PID available',
        },
    { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  ];
  return {
    capacity: { ...capacity },
    allocatable: { ...allocatable },
    addresses: [
      ...ips.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: name },
    ],
    conditions: judged.map((one) => condition(one, previous, nowMs)),
    nodeInfo: info,
    images: [...images],
  };
}

function condition(judged: Judged, previous: Node | undefined, nowMs: number): NodeCondition {
  const before = previous?.status?.conditions?.find(({ type }) => type === judged.type);
  const kept = before?.status === judged.status ? before.lastTransitionTime : undefined;
  return { ...judged, lastHeartbeatTime: apiTime(nowMs), lastTransitionTime: kept ?? apiTime(nowMs) };
}

/** The node as it is registered; labels of its own are set, others kept. */
export function nodeObject(description: NodeDescription, previous: Node | undefined, nowMs: number): Node {
  const spec: NodeSpec = previous?.spec ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      ...previous?.metadata,
      name: description.name,
      labels: { ...previous?.metadata?.labels, ...description.labels },
    },
    spec,
    status: nodeStatus(description, previous, nowMs),
  };
}
