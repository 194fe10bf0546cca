import type { Event, EventsEvent } from '../../model/api/types.ts';
import { humanDuration } from '../../model/status/human-duration.ts';
import type { ApiObject } from '../api-object.ts';
import { FieldErrors } from '../../model/field-error.ts';
import type { ResourceStrategy, TableColumn } from '../resource.ts';
import { column, define } from './define.ts';

const strategy: ResourceStrategy = {
  createsOnUpdate: true,
  validateCreate: eventErrors,
  validateUpdate: eventErrors,
};

const columns: readonly TableColumn[] = [
  column('Last Seen', (object, nowMs) => lastSeen(coreForm(object), nowMs)),
  column('Type', (object) => coreForm(object).type ?? ''),
  column('Reason', (object) => coreForm(object).reason ?? ''),
  column('Object', (object) => objectOf(coreForm(object))),
  column('Subobject', (object) => coreForm(object).involvedObject.fieldPath ?? '', { priority: 1 }),
  column('Source', (object) => sourceOf(coreForm(object)), { priority: 1 }),
  column('Message', (object) => (coreForm(object).message ?? '').trim()),
  column('First Seen', (object, nowMs) => firstSeen(coreForm(object), nowMs), { priority: 1 }),
  column('Count', (object) => countOf(coreForm(object)), { priority: 1 }),
  column('Name', ({ metadata }) => metadata?.name ?? '', { priority: 1, format: 'name' }),
];

export const events = define({
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  strategy,
  columns,
  selectableFields: {
    'involvedObject.kind': (object) => coreForm(object).involvedObject.kind ?? '',
    'involvedObject.namespace': (object) => coreForm(object).involvedObject.namespace ?? '',
    'involvedObject.name': (object) => coreForm(object).involvedObject.name ?? '',
    'involvedObject.uid': (object) => coreForm(object).involvedObject.uid ?? '',
    'involvedObject.apiVersion': (object) => coreForm(object).involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': (object) => coreForm(object).involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': (object) => coreForm(object).involvedObject.fieldPath ?? '',
    reason: (object) => coreForm(object).reason ?? '',
    reportingComponent: (object) => coreForm(object).reportingComponent ?? '',
    source: (object) => sourceOf(coreForm(object)),
    type: (object) => coreForm(object).type ?? '',
  },
});

/** The same objects as the core group's events, with other names for some fields. */
export const eventsV1 = define({
  group: 'events.k8s.io',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  typeName: 'EventsEvent',
  namespaced: true,
  strategy: {
    ...strategy,
    validateCreate: (object) => [...eventErrors(object), ...newEventErrors(object as unknown as EventsEvent)],
  },
  columns,
  fromStored: toEventsForm,
  toStored: (object) => toCoreForm(object as unknown as EventsEvent),
  selectableFields: {
    reason: (object) => coreForm(object).reason ?? '',
    type: (object) => coreForm(object).type ?? '',
    reportingController: (object) => coreForm(object).reportingComponent ?? '',
    'regarding.kind': (object) => coreForm(object).involvedObject.kind ?? '',
    'regarding.name': (object) => coreForm(object).involvedObject.name ?? '',
    'regarding.namespace': (object) => coreForm(object).involvedObject.namespace ?? '',
    'regarding.uid': (object) => coreForm(object).involvedObject.uid ?? '',
  },
});

const REQUIRED = ['reportingController', 'reportingInstance', 'action', 'reason'] as const;
const MAX_LENGTH = 128;
const MAX_NOTE_LENGTH = 1024;

/** What the newer group demands, of whoever makes events by it. */
function newEventErrors(event: EventsEvent): FieldErrors['list'] {
  const errors = new FieldErrors();
  if (!event.eventTime) errors.required('eventTime');
  for (const name of REQUIRED) {
    const value = event[name] ?? '';
    if (value === '') errors.required(name);
    else if (value.length > MAX_LENGTH)
      errors.invalid(name, value, `can have at most ${MAX_LENGTH} characters`);
  }
  const { type = '', note = '' } = event;
  if (type !== 'Normal' && type !== 'Warning') errors.invalid('type', type, `has invalid value: ${type}`);
  if (note.length > MAX_NOTE_LENGTH)
    errors.invalid('note', note, `can have at most ${MAX_NOTE_LENGTH} characters`);
  return errors.list;
}

/** @see kubernetes/pkg/apis/events/v1/conversion.go */
function toEventsForm(object: ApiObject): ApiObject {
  const {
    involvedObject,
    message,
    source,
    firstTimestamp,
    lastTimestamp,
    count,
    reportingComponent,
    ...rest
  } = object as unknown as Event;
  return defined({
    ...rest,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    note: message,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
    reportingController: reportingComponent,
  });
}

function toCoreForm(event: EventsEvent): ApiObject {
  const {
    regarding,
    note,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    reportingController,
    ...rest
  } = event;
  return defined({
    ...rest,
    apiVersion: 'v1',
    involvedObject: regarding ?? {},
    message: note,
    source: deprecatedSource,
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    count: deprecatedCount,
    reportingComponent: reportingController,
  });
}

function defined(fields: Record<string, unknown>): ApiObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function coreForm(object: ApiObject): Event {
  const isCore = 'involvedObject' in object;
  return (isCore ? object : toCoreForm(object as unknown as EventsEvent)) as unknown as Event;
}

function objectOf({ involvedObject: { kind = '', name = '' } }: Event): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

/** @see kubernetes/pkg/apis/core/validation/events.go */
function eventErrors(object: ApiObject): FieldErrors['list'] {
  const errors = new FieldErrors();
  const { involvedObject } = coreForm(object);
  const { namespace = '' } = object.metadata ?? {};
  const of = involvedObject.namespace ?? '';
  // What has no namespace itself is told of in the default one.
  if (of === '' ? namespace !== 'default' && namespace !== 'kube-system' : of !== namespace)
    errors.invalid('involvedObject.namespace', of, 'does not match event.namespace');
  return errors.list;
}

function sourceOf({ source, reportingComponent = '' }: Event): string {
  const component = source?.component ?? reportingComponent;
  return source?.host ? `${component}, ${source.host}` : component;
}

function countOf({ count, series }: Event): number {
  return series?.count ?? count ?? 1;
}

function lastSeen({ series, lastTimestamp, eventTime, firstTimestamp }: Event, nowMs: number): string {
  return ago(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp, nowMs);
}

function firstSeen({ firstTimestamp, eventTime }: Event, nowMs: number): string {
  return ago(firstTimestamp ?? eventTime, nowMs);
}

function ago(time: string | undefined, nowMs: number): string {
  const at = time === undefined || time === null ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? '<unknown>' : humanDuration(nowMs - at);
}
