/** Puts pods on this machine when it has room for them; those that it has none for stay Pending. */
import { join } from 'node:path';
import type { Pod, PodStatus } from '../../model/api/types.ts';
import { qosClass } from '../../model/qos-class.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { STOPPED_ANNOTATION, STOPPED_UNPLACED } from '../../model/stopped-pods.ts';
import { traced } from '../../runtime/linux/trace.ts';
import type { Host } from '../host.ts';
import { thisNode } from '../run/this-node.ts';
import { findPlace } from './find-place.ts';

/** Somebody's agent takes care of such a pod. */
export function isPlaced(pod: Pod, nodeName: string): boolean {
  return pod.spec?.nodeName === nodeName;
}

/**
 * Creates the pod, on this node when there is room. One process decides at a time, so that two never give the same room away.
 */
export function createPlaced(host: Host, pod: Pod): Promise<void> {
  return traced('place pod', () => place(host, pod));
}

async function place(host: Host, pod: Pod): Promise<void> {
  await using _ = await alone(host);
  const place = decide(host, pod, await host.client.listPods());
  if (place.found) {
    await tellPlace(host, await host.client.createPod(bound(pod, place.node)), place.node);
    return;
  }
  const created = await host.client.createPod(pod);
  await refuse(host, created, place.message);
}

/** Tries again, whenever something has changed, to place those of the pods that wait and that `isMine` to place; until the signal aborts. */
export async function placeWaitingPods(
  host: Host,
  isMine: (pod: Pod) => boolean,
  signal: AbortSignal,
): Promise<void> {
  for await (const pods of host.client.followPods({ signal })) {
    const waiting = pods.filter((pod) => isWaiting(host, pod) && isMine(pod));
    for (const pod of waiting.sort(byPriorityAndAge)) await tryToPlace(host, pod);
  }
}

function isWaiting(host: Host, pod: Pod): boolean {
  const { phase } = pod.status ?? {};
  if (isPlaced(pod, host.settings.nodeName)) return false;
  return (phase !== 'Succeeded' && phase !== 'Failed') || pod.metadata?.deletionTimestamp !== undefined;
}

function byPriorityAndAge(a: Pod, b: Pod): number {
  const priority = (b.spec?.priority ?? 0) - (a.spec?.priority ?? 0);
  return (
    priority ||
    Date.parse(a.metadata?.creationTimestamp ?? '') - Date.parse(b.metadata?.creationTimestamp ?? '')
  );
}

async function tryToPlace(host: Host, pod: Pod): Promise<void> {
  const { namespace = 'default', name = '', annotations = {}, deletionTimestamp } = pod.metadata ?? {};
  if (deletionTimestamp !== undefined) return host.client.removePod(pod);
  if (STOPPED_ANNOTATION in annotations)
    return host.client.updatePodStatus(pod, { ...pod.status, ...STOPPED_UNPLACED });
  await using _ = await alone(host);
  const place = decide(host, pod, await host.client.listPods());
  if (!place.found) return refuse(host, pod, place.message);
  await host.client.changePod(namespace, name, (present) => bound(present, place.node));
  await tellPlace(host, pod, place.node);
}

function decide(
  { settings }: Host,
  pod: Pod,
  others: readonly Pod[],
): { found: true; node: string } | { found: false; message: string } {
  const place = findPlace(pod, thisNode(settings), others);
  if (place.found) return place;
  const numbers = place.numbers.length === 0 ? '' : ` Here: ${place.numbers.join('; ')}.`;
  return { found: false, message: `${place.summary}${numbers}` };
}

function bound(pod: Pod, nodeName: string): Pod {
  return { ...pod, spec: { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName } };
}

function tellPlace({ client, clock }: Host, pod: Pod, node: string): Promise<void> {
  const { namespace = 'default', name } = pod.metadata ?? {};
  const message = `Successfully assigned ${namespace}/${name} to ${node}`;
  return client.recordEvents([{ pod, type: 'Normal', reason: 'Scheduled', message, at: clock.now() }]);
}

/** Writes down why the pod waits, when that is new. */
async function refuse(host: Host, pod: Pod, message: string): Promise<void> {
  const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (before?.message === message) return;
  const now = host.clock.now();
  const gated = (pod.spec?.schedulingGates ?? []).length > 0;
  const status: PodStatus = {
    phase: 'Pending',
    conditions: [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: gated ? 'SchedulingGated' : 'Unschedulable',
        message,
        lastTransitionTime: before?.lastTransitionTime ?? apiTime(now),
      },
    ],
    qosClass: qosClass(pod),
  };
  await host.client.updatePodStatus(pod, status);
  if (!gated)
    await host.client.recordEvents([{ pod, type: 'Warning', reason: 'FailedScheduling', message, at: now }]);
}

function alone({ lock, settings }: Host): Promise<AsyncDisposable> {
  return lock(join(settings.run, 'locks', 'scheduling'));
}
