import type { Event } from '../../model/api/types.ts';
import type { PodEventRecord } from '../pod-client.ts';

/** More than this many different events of one pod are not kept: the oldest go. */
const MOST = 200;

/** The list with one more event; an equal one is counted up instead, as client-go's correlator does. */
export function addEvent(events: readonly Event[], record: PodEventRecord, name: string): Event[] {
  const at = new Date(record.at).toISOString().replace(/\.\d+Z$/, 'Z');
  const same = events.find(
    (event) =>
      event.reason === record.reason &&
      event.message === record.message &&
      event.type === record.type &&
      event.involvedObject.fieldPath === record.fieldPath,
  );
  if (same !== undefined) {
    const counted: Event = { ...same, count: (same.count ?? 1) + 1, lastTimestamp: at };
    return [...events.filter((event) => event !== same), counted];
  }
  const { namespace = 'default', name: podName = '', uid = '' } = record.pod.metadata ?? {};
  const event: Event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace, creationTimestamp: at },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace,
      name: podName,
      uid,
      ...(record.fieldPath === undefined ? {} : { fieldPath: record.fieldPath }),
    },
    type: record.type,
    reason: record.reason,
    message: record.message,
    source: { component: 'peapod' },
    reportingComponent: 'peapod',
    reportingInstance: '',
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
  };
  return [...events, event].slice(-MOST);
}
