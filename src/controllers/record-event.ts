import type { ApiClient, KubernetesObject } from '../client/api-client.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import type { ControllerDeps } from './controller.ts';

export interface Occurrence {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What each controller has told by each client: a recorder counts up what it has told itself. */
const recorders = new WeakMap<ApiClient, Map<string, EventRecorder>>();

/** Tells what has happened to an object. That it could not be told is logged and stops nobody. */
export async function recordEvent(
  { client, clock, log }: ControllerDeps,
  component: string,
  object: KubernetesObject,
  occurrence: Occurrence,
): Promise<void> {
  try {
    await recorderOf(client, component).record(object, { ...occurrence, at: clock.now() });
  } catch (error) {
    const { namespace = '', name = '' } = object.metadata ?? {};
    log(`${component}: cannot record ${occurrence.reason} of ${namespace}/${name}`, error);
  }
}

function recorderOf(client: ApiClient, component: string): EventRecorder {
  const own = recorders.get(client) ?? new Map<string, EventRecorder>();
  recorders.set(client, own);
  const recorder = own.get(component) ?? new EventRecorder({ client, component });
  own.set(component, recorder);
  return recorder;
}
