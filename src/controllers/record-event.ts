import { randomUUID } from 'node:crypto';
import type { KubernetesObject } from '../client/api-client.ts';
import { EVENTS } from '../client/resource-types.ts';
import { apiTime } from '../model/status/pod-conditions.ts';
import type { ControllerDeps } from './controller.ts';

export interface Occurrence {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Tells what has happened to an object. That it could not be told is logged and stops nobody. */
export async function recordEvent(
  { client, clock, log }: ControllerDeps,
  component: string,
  { apiVersion, kind, metadata }: KubernetesObject,
  { type, reason, message }: Occurrence,
): Promise<void> {
  const { namespace = '', name = '', uid = '' } = metadata ?? {};
  const time = apiTime(clock.now());
  try {
    await client.create(EVENTS, {
      // What has no namespace itself is told of in the default one.
      metadata: {
        namespace: namespace || 'default',
        name: `${name}.${randomUUID().replaceAll('-', '').slice(0, 16)}`,
      },
      involvedObject: {
        apiVersion: apiVersion ?? '',
        kind: kind ?? '',
        ...(namespace === '' ? {} : { namespace }),
        name,
        uid,
      },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
    });
  } catch (error) {
    log(`${component}: cannot record ${reason} of ${namespace}/${name}`, error);
  }
}
