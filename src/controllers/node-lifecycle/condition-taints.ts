/**
 * The taints that a node's conditions are told by.
 * @see kubernetes/pkg/controller/nodelifecycle/node_lifecycle_controller.go nodeConditionToTaintKeyStatusMap
 */
import type { Node, Taint } from '../../model/api/types.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { readyCondition } from './node-conditions.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

const BY_CONDITION: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
};

const OWN_KEYS = new Set([
  UNSCHEDULABLE,
  ...Object.values(BY_CONDITION).flatMap((keys) => Object.values(keys)),
]);

/** Why the node's pods are to leave, if they are to. */
export function evictingTaint(node: Node): string | undefined {
  const status = readyCondition(node)?.status;
  return status === 'False' ? NOT_READY : status === 'Unknown' ? UNREACHABLE : undefined;
}

/** Whether a node that is lost is tainted so that its pods leave. */
export function isEvicting({ spec }: Node): boolean {
  return (spec?.taints ?? []).some(
    ({ key, effect }) => effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE),
  );
}

/**
 * The node's taints as they are to be; those of others are kept.
 * @param mayEvict whether pods that do not bear a lost node are to leave it
 */
export function wantedTaints(node: Node, mayEvict: boolean, nowMs: number): Taint[] {
  const present = node.spec?.taints ?? [];
  const evicting = evictingTaint(node);
  const isOwn = ({ key, effect }: Taint) =>
    (effect === 'NoSchedule' && OWN_KEYS.has(key)) ||
    (effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE));
  const wanted: Taint[] = [
    ...schedulingKeys(node).map((key) => ({ key, effect: 'NoSchedule' })),
    ...(evicting !== undefined && mayEvict ? [{ key: evicting, effect: 'NoExecute' }] : []),
  ];
  const isSame = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  return [
    ...present.filter((taint) => !isOwn(taint) || wanted.some((one) => isSame(one, taint))),
    ...wanted
      .filter((taint) => !present.some((one) => isSame(one, taint)))
      .map((taint) => ({ ...taint, timeAdded: apiTime(nowMs) })),
  ];
}

function schedulingKeys({ spec, status }: Node): string[] {
  const keys = (status?.conditions ?? []).flatMap(
    ({ type, status: value }) => BY_CONDITION[type]?.[value] ?? [],
  );
  return spec?.unschedulable === true ? [...keys, UNSCHEDULABLE] : keys;
}
