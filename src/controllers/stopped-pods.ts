/** Fails pods that were stopped before they were on a node, whose agent would do it. */
import { PODS } from '../client/resource-types.ts';
import type { Pod } from '../model/api/types.ts';
import { isPeapodError } from '../model/errors.ts';
import { STOPPED_ANNOTATION, STOPPED_UNPLACED } from '../model/stopped-pods.ts';
import { type ControllerDeps, KeyedController, keyOf, splitKey } from './controller.ts';
import { isTerminated } from './pod-states.ts';

export async function stoppedPodController(deps: ControllerDeps, signal: AbortSignal): Promise<void> {
  const controller = new KeyedController('stopped pods', deps, signal);
  const look = (pod: Pod) => {
    if (isStoppedUnplaced(pod)) controller.queue.add(keyOf(pod));
  };
  const pods = controller.follow(PODS, { onAdd: look, onUpdate: look });

  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    const pod = pods.get(namespace, name);
    if (pod === undefined || !isStoppedUnplaced(pod)) return;
    const { uid, resourceVersion } = pod.metadata ?? {};
    // If it has got a node meanwhile, that is to end it.
    const patch = { metadata: { uid, resourceVersion }, status: STOPPED_UNPLACED };
    try {
      await deps.client.patch(PODS, namespace, name, 'merge', patch, { subresource: 'status' });
    } catch (error) {
      if (!isPeapodError(error, 'NotFound')) throw error;
    }
  });
}

function isStoppedUnplaced(pod: Pod): boolean {
  return STOPPED_ANNOTATION in (pod.metadata?.annotations ?? {}) && !pod.spec?.nodeName && !isTerminated(pod);
}
