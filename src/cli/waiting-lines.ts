import type { Pod } from '../model/api/types.ts';
import { containerStatuses } from './find-pods.ts';
import { printable } from './output/terminal.ts';

/** What passes by itself. */
const ON_ITS_WAY = new Set(['ContainerCreating', 'PodInitializing']);

/** What keeps the containers of a pod that has been placed from running, a line each: `c waits: ImagePullBackOff: …` */
export function waitingLines(pod: Pod): string[] {
  if (pod.spec?.nodeName === undefined) return [];
  return containerStatuses(pod).flatMap(({ name, state }) => {
    const { reason, message } = state?.waiting ?? {};
    if (reason === undefined || ON_ITS_WAY.has(reason)) return [];
    return [printable([`${name} waits`, reason, ...(message === undefined ? [] : [message])].join(': '))];
  });
}
