import type { Pod } from '../../model/api/types.ts';
import { isTerminated } from '../pod-states.ts';

/** Those of the pods that have ended which are too many, the oldest. */
export function surplusTerminated(pods: readonly Pod[], threshold: number): Pod[] {
  const ended = pods.filter((pod) => isTerminated(pod) && pod.metadata?.deletionTimestamp === undefined);
  const created = ({ metadata }: Pod) => Date.parse(metadata?.creationTimestamp ?? '');
  const sorted = ended.toSorted((a, b) => created(a) - created(b));
  return threshold <= 0 ? [] : sorted.slice(0, Math.max(0, ended.length - threshold));
}

/** Pods of nodes that there are not. */
export function onNoNode(pods: readonly Pod[], nodes: ReadonlySet<string>): Pod[] {
  return pods.filter(({ spec }) => spec?.nodeName && !nodes.has(spec.nodeName));
}

/** Pods that are to go and are on no node, so that nobody will end them. */
export function leavingUnscheduled(pods: readonly Pod[]): Pod[] {
  return pods.filter(({ metadata, spec }) => metadata?.deletionTimestamp !== undefined && !spec?.nodeName);
}
