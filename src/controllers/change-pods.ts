/** @see kubernetes/pkg/controller/controller_utils.go RealPodControl, slowStartBatch */
import type { KubernetesObject } from '../client/api-client.ts';
import { PODS } from '../client/resource-types.ts';
import type { Pod } from '../model/api/types.ts';
import { isPeapodError, PeapodError } from '../model/errors.ts';
import type { ControllerDeps } from './controller.ts';
import type { Expectations } from './expectations.ts';
import { recordEvent } from './record-event.ts';

export interface PodChanges {
  /** Whose pods they are; events tell of it. */
  readonly owner: KubernetesObject;
  readonly component: string;
  readonly key: string;
  readonly create: readonly Pod[];
  readonly remove: readonly Pod[];
}

/**
 * Makes and deletes pods, and expects to see that. Creations that could fail alike are tried in growing numbers, so that a full
 * quota is not asked a thousand times.
 * @throws the first failure, when all has been tried
 */
export async function changePods(
  deps: ControllerDeps,
  expectations: Expectations,
  { owner, component, key, create, remove }: PodChanges,
): Promise<void> {
  const { client } = deps;
  const namespace = owner.metadata?.namespace ?? '';
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    recordEvent(deps, component, owner, { type, reason, message });
  const uidOf = ({ metadata }: Pod) => metadata?.uid ?? '';
  expectations.expect(key, create.length, remove.map(uidOf));

  const make = async (pod: Pod): Promise<void> => {
    try {
      const made = await client.create(PODS, pod);
      await tell('Normal', 'SuccessfulCreate', `Created pod: ${made.metadata?.name}`);
    } catch (error) {
      expectations.observedCreation(key);
      if (!isNamespaceLeaving(error))
        await tell('Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  };
  const unmake = async (pod: Pod): Promise<void> => {
    const { name = '', uid } = pod.metadata ?? {};
    try {
      await client.delete(PODS, namespace, name, uid === undefined ? {} : { preconditions: { uid } });
      await tell('Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      expectations.observedDeletion(key, uidOf(pod));
      // Another of the name has come: this one is gone.
      if (isPeapodError(error, 'Conflict')) return;
      await tell('Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      throw error;
    }
  };

  const failures: unknown[] = [];
  const inTurn = async (work: readonly Promise<void>[]): Promise<void> => {
    for (const result of await Promise.allSettled(work))
      if (result.status === 'rejected') failures.push(result.reason);
  };
  await inTurn(remove.map(unmake));
  for (let start = 0, size = 1; start < create.length; start += size, size *= 2) {
    if (failures.length > 0) {
      for (const _ of create.slice(start)) expectations.observedCreation(key);
      break;
    }
    await inTurn(create.slice(start, start + size).map(make));
  }
  if (failures.length > 0) throw failures[0];
}

/** Whether the namespace takes nothing new because it goes. */
function isNamespaceLeaving(error: unknown): boolean {
  return error instanceof PeapodError && error.message.includes('because it is being terminated');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
