import { PODS } from '../client/resource-types.ts';
import type { Pod } from '../model/api/types.ts';
import { isPeapodError } from '../model/errors.ts';
import { podWithCondition } from '../model/status/pod-scheduled.ts';
import type { ControllerDeps } from './controller.ts';

/**
 * Deletes a pod that is not to blame, and says why in its status before: jobs do not count it as a failure of theirs.
 * @param options.status what else the status is to say
 */
export async function disruptPod(
  { client, clock }: ControllerDeps,
  pod: Pod,
  why: { readonly reason: string; readonly message: string },
  options: { readonly gracePeriodSeconds?: number; readonly status?: object } = {},
): Promise<void> {
  const { namespace = '', name = '', uid } = pod.metadata ?? {};
  const condition = { type: 'DisruptionTarget', status: 'True', ...why };
  const { status } = podWithCondition(pod, condition, clock.now());
  const patch = { metadata: { uid }, status: { ...options.status, conditions: status?.conditions } };
  const { gracePeriodSeconds } = options;
  try {
    await client.patch(PODS, namespace, name, 'merge', patch, { subresource: 'status' });
    await client.delete(PODS, namespace, name, {
      ...(uid === undefined ? {} : { preconditions: { uid } }),
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    });
  } catch (error) {
    // It has gone by itself.
    if (!isPeapodError(error, 'NotFound') && !isPeapodError(error, 'Conflict')) throw error;
  }
}
