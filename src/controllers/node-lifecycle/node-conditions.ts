import type { Node, NodeCondition } from '../../model/api/types.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';

const TYPES = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export function readyCondition({ status }: Node): NodeCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

/**
 * The conditions of a node that nobody has heard of for too long: what it said last may no longer hold.
 * @see kubernetes/pkg/controller/nodelifecycle/node_lifecycle_controller.go tryUpdateNodeHealth
 */
export function unknownConditions({ metadata, status }: Node, nowMs: number): NodeCondition[] {
  const present = status?.conditions ?? [];
  const kept = present.map((condition) => {
    if (!TYPES.includes(condition.type) || condition.status === 'Unknown') return condition;
    return {
      ...condition,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: apiTime(nowMs),
    };
  });
  const missing = TYPES.filter((type) => !present.some((condition) => condition.type === type));
  return [
    ...kept,
    ...missing.map((type) => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: metadata?.creationTimestamp ?? apiTime(nowMs),
      lastTransitionTime: apiTime(nowMs),
    })),
  ];
}
