/**
 * Sends pods away from nodes whose taints they do not bear, or no longer.
 * @see kubernetes/pkg/controller/tainteviction/taint_eviction.go
 */
import { isDeepStrictEqual } from 'node:util';
import { NODES, PODS } from '../../client/resource-types.ts';
import type { Node, Pod } from '../../model/api/types.ts';
import { type Controller, KeyedController, keyOf, splitKey } from '../controller.ts';
import { disruptPod } from '../disrupt-pod.ts';
import { isTerminated } from '../pod-states.ts';
import { recordEvent } from '../record-event.ts';
import { evictionTime } from './eviction-time.ts';

const COMPONENT = 'taint-eviction-controller';

export const taintEvictionController: Controller = async (deps, signal) => {
  const { clock } = deps;
  const controller = new KeyedController('taint eviction', deps, signal);
  const { queue } = controller;
  const pods = controller.followAll(PODS, (pod) => {
    if (pod.spec?.nodeName) queue.add(keyOf(pod));
  });
  const addAllOn = (node: Node): void => {
    for (const pod of pods.list()) if (pod.spec?.nodeName === node.metadata?.name) queue.add(keyOf(pod));
  };
  const nodes = controller.follow(NODES, {
    onAdd: addAllOn,
    onUpdate: (node, previous) => {
      if (!isDeepStrictEqual(node.spec?.taints, previous.spec?.taints)) addAllOn(node);
    },
  });
  /** Pods that wait to be sent away, by key. */
  const waiting = new Set<string>();

  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    const pod = pods.get(namespace, name);
    const taints = nodes.get('', pod?.spec?.nodeName ?? '')?.spec?.taints ?? [];
    if (pod === undefined || pod.metadata?.deletionTimestamp !== undefined || isTerminated(pod)) {
      waiting.delete(key);
      return;
    }
    const leaveMs = evictionTime(pod, taints, clock.now());
    if (leaveMs === undefined) {
      if (waiting.delete(key)) await tell(pod, `Cancelling deletion of Pod ${key}`);
      return;
    }
    const waitMs = leaveMs - clock.now();
    if (waitMs > 0) {
      waiting.add(key);
      return queue.addAfter(key, waitMs);
    }
    waiting.delete(key);
    await tell(pod, `Marking for deletion Pod ${key}`);
    await disruptPod(deps, pod, {
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    });
  });

  function tell(pod: Pod, message: string): Promise<void> {
    return recordEvent(deps, COMPONENT, pod, { type: 'Normal', reason: 'TaintManagerEviction', message });
  }
};
