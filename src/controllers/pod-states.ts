/** What controllers want to know of pods. */
import type { Pod, PodTemplateSpec } from '../model/api/types.ts';
import type { OwnerReference } from '../model/api/types.ts';

export function isTerminated({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Neither over nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !isTerminated(pod) && pod.metadata?.deletionTimestamp === undefined;
}

export function readySince({ status }: Pod): number | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? Date.parse(ready.lastTransitionTime ?? '') : undefined;
}

/** Ready for as long as is asked for. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const since = readySince(pod);
  return since !== undefined && (minReadySeconds === 0 || nowMs - since >= minReadySeconds * 1000);
}

/** In how many milliseconds the next of the pods will have been ready long enough. */
export function nextAvailability(
  pods: readonly Pod[],
  minReadySeconds: number,
  nowMs: number,
): number | undefined {
  const waits = pods
    .map((pod) => readySince(pod))
    .flatMap((since) => (since === undefined ? [] : [since + minReadySeconds * 1000 - nowMs]))
    .filter((wait) => wait > 0);
  return waits.length === 0 ? undefined : Math.min(...waits) + 10;
}

/** A pod of a template, to be created. */
export function podFromTemplate(
  template: PodTemplateSpec | undefined,
  { namespace, prefix, owner }: { namespace: string; prefix: string; owner: OwnerReference },
): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: prefix,
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [owner],
    },
    spec: template?.spec ?? { containers: [] },
  };
}

/**
 * Whom to lose first: who is on no node, not running, not ready, cheap to delete, ready for a short time, often restarted, young.
 * @see kubernetes/pkg/controller/controller_utils.go ActivePodsWithRanks
 */
export function byExpendability(a: Pod, b: Pod): number {
  const keys = [expendability(a), expendability(b)] as const;
  for (const [index, value] of keys[0].entries()) {
    const other = keys[1][index] ?? 0;
    if (value !== other) return value - other;
  }
  return 0;
}

const PHASES: Partial<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

function expendability(pod: Pod): number[] {
  const since = readySince(pod);
  const cost = Number(pod.metadata?.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  const restarts = Math.max(
    0,
    ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount),
  );
  return [
    pod.spec?.nodeName ? 1 : 0,
    PHASES[pod.status?.phase ?? ''] ?? 0,
    since === undefined ? 0 : 1,
    cost,
    -(since ?? 0),
    -restarts,
    -Date.parse(pod.metadata?.creationTimestamp ?? ''),
  ];
}
