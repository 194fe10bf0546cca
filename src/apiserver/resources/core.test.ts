import assert from 'node:assert/strict';
import test from 'node:test';
import { configMaps, secrets } from './config.ts';
import { events, eventsV1 } from './events.ts';
import { limitRanges } from './limit-ranges.ts';
import { nodes } from './nodes.ts';
import { persistentVolumeClaims } from './persistent-volume-claims.ts';
import { persistentVolumes } from './persistent-volumes.ts';
import { resourceQuotas } from './resource-quotas.ts';
import { cells, created, createErrors, updateErrors } from './testing/strategy.ts';

const IMMUTABLE = 'Forbidden: field is immutable when `immutable` is set';

test('what is immutable stays so', () => {
  const map = created(configMaps, { data: { a: '1' }, immutable: true });
  assert.deepEqual(
    updateErrors(configMaps, map, (next) => Object.assign(next, { data: { a: '2' } })),
    [`data: ${IMMUTABLE}`],
  );
  assert.deepEqual(
    updateErrors(configMaps, map, (next) => Object.assign(next, { immutable: false })),
    [`immutable: ${IMMUTABLE}`],
  );
  const secret = created(secrets, { stringData: { a: '1' } });
  assert.deepEqual(
    updateErrors(secrets, secret, (next) => Object.assign(next, { type: 'x/y' })),
    ['type: Invalid value: "x/y": field is immutable'],
  );
  assert.deepEqual(
    updateErrors(secrets, secret, (next) => Object.assign(next, { data: {} })),
    [],
  );
});

const CLAIM = {
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

test('a claim keeps its specification, and is told that it cannot grow', () => {
  const claim = created(persistentVolumeClaims, CLAIM);
  const grow = (size: string) => (next: object) =>
    Object.assign(next, { spec: { ...CLAIM.spec, resources: { requests: { storage: size } } } });
  const refused =
    'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  assert.deepEqual(updateErrors(persistentVolumeClaims, claim, grow('2Gi')), [refused]);
  const bound = { ...claim, status: { phase: 'Bound', capacity: { storage: '1Gi' } } };
  assert.deepEqual(updateErrors(persistentVolumeClaims, bound, grow('2Gi')), [
    'spec.resources.requests.storage: Forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  ]);
  assert.deepEqual(updateErrors(persistentVolumeClaims, bound, grow('1Mi')), [
    'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
  ]);
  const named = (volumeName: string) => (next: object) =>
    Object.assign(next, { spec: { ...CLAIM.spec, volumeName } });
  assert.deepEqual(updateErrors(persistentVolumeClaims, claim, named('pv-1')), []);
  const taken = created(persistentVolumeClaims, { spec: { ...CLAIM.spec, volumeName: 'pv-1' } });
  assert.deepEqual(updateErrors(persistentVolumeClaims, taken, named('pv-2')), [refused]);
});

test('a volume has one place, and keeps it', () => {
  const spec = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } };
  assert.deepEqual(createErrors(persistentVolumes, { spec }), [
    'spec: Required value: must specify a volume type',
  ]);
  assert.deepEqual(createErrors(persistentVolumes, { spec: { ...spec, local: { path: '/x' } } }), [
    'spec.nodeAffinity: Required value: Local volume requires node affinity',
  ]);
  const volume = created(persistentVolumes, { spec: { ...spec, hostPath: { path: '/x' } } });
  assert.deepEqual(
    updateErrors(persistentVolumes, volume, (next) =>
      Object.assign(next, { spec: { ...spec, hostPath: { path: '/y' } } }),
    ),
    ['spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation'],
  );
  assert.deepEqual(cells(persistentVolumes, volume), {
    Name: 'x',
    Capacity: '1Gi',
    'Access Modes': 'RWO',
    'Reclaim Policy': 'Retain',
    Status: 'Pending',
    Claim: '',
    StorageClass: '',
    VolumeAttributesClass: '<unset>',
    Reason: '',
    Age: '60m',
    VolumeMode: 'Filesystem',
  });
});

test('bounds of a LimitRange are in order', () => {
  const of = (item: object) =>
    createErrors(limitRanges, { spec: { limits: [{ type: 'Container', ...item }] } });
  assert.deepEqual(of({ max: { cpu: '1' }, min: { cpu: '100m' } }), []);
  assert.deepEqual(of({ max: { cpu: '1' }, default: { cpu: '2' }, defaultRequest: { cpu: '1' } }), [
    'spec.limits[0].default[cpu]: Invalid value: "2": default value 2 is greater than max value 1',
  ]);
  assert.deepEqual(of({ type: 'Pod', default: { cpu: '2' } }), [
    "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
  ]);
  assert.deepEqual(of({ maxLimitRequestRatio: { cpu: '500m' } }), [
    'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1',
  ]);
  const range = created(limitRanges, {
    spec: { limits: [{ type: 'Container', max: { cpu: '1' }, min: { memory: '1Mi' } }] },
  });
  assert.deepEqual(range['spec'], {
    limits: [
      {
        type: 'Container',
        max: { cpu: '1' },
        min: { memory: '1Mi' },
        default: { cpu: '1' },
        defaultRequest: { cpu: '1', memory: '1Mi' },
      },
    ],
  });
});

test('a quota counts what can be counted', () => {
  const of = (spec: object) => createErrors(resourceQuotas, { spec });
  assert.deepEqual(of({ hard: { pods: '3', 'count/jobs.batch': '1', 'requests.cpu': '500m' } }), []);
  assert.deepEqual(of({ hard: { pods: '1500m' } }), [
    'spec.hard[pods]: Invalid value: "1500m": must be an integer',
  ]);
  assert.deepEqual(of({ hard: { apples: '1' } }), [
    'spec.hard[apples]: Invalid value: "apples": must be a standard resource for quota',
  ]);
  assert.deepEqual(of({ scopes: ['BestEffort', 'NotBestEffort'] }), [
    'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
  ]);
  const quota = created(resourceQuotas, { spec: { hard: { pods: '3' } } });
  quota['status'] = { hard: { 'limits.cpu': '2', pods: '3' }, used: { pods: '1' } };
  assert.deepEqual(cells(resourceQuotas, quota), {
    Name: 'x',
    Request: 'pods: 1/3',
    Limit: 'limits.cpu: 0/2',
    Age: '60m',
  });
});

test("a node keeps the pods' network that it was given", () => {
  const node = created(nodes, { spec: { podCIDR: '10.0.0.0/24' } });
  assert.deepEqual(
    updateErrors(nodes, node, (next) => Object.assign(next, { spec: { podCIDR: '10.0.1.0/24' } })),
    ['spec.podCIDR: Forbidden: node updates may not change podCIDR except from "" to valid'],
  );
  assert.equal(
    cells(nodes, { ...node, spec: { unschedulable: true } })['Status'],
    'Unknown,SchedulingDisabled',
  );
});

test('both groups show the same events', () => {
  const event = created(events, {
    involvedObject: { kind: 'Pod', name: 'web', namespace: 'default' },
    reason: 'Started',
    type: 'Normal',
    message: 'Started container\n',
    lastTimestamp: '2026-01-01T11:59:00Z',
    count: 3,
  });
  const shown = eventsV1.fromStored?.(event);
  assert.ok(shown);
  assert.deepEqual(shown['regarding'], event['involvedObject']);
  assert.deepEqual(eventsV1.toStored?.(shown), { ...event, apiVersion: 'v1' });
  const expected = {
    'Last Seen': '60s',
    Type: 'Normal',
    Reason: 'Started',
    Object: 'pod/web',
    Subobject: '',
    Source: '',
    Message: 'Started container',
    'First Seen': '<unknown>',
    Count: 3,
    Name: 'x',
  };
  assert.deepEqual(cells(events, event), expected);
  assert.deepEqual(cells(eventsV1, shown), expected);
  assert.deepEqual(createErrors(events, { involvedObject: { namespace: 'other' } }), [
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ]);
});

test('the newer group demands to know who tells of what', () => {
  const event = {
    regarding: { kind: 'Pod', name: 'web', namespace: 'default' },
    eventTime: '2026-01-01T11:59:00.000000Z',
    reportingController: 'peapod.dev/agent',
    reportingInstance: 'node-1',
    action: 'Start',
    reason: 'Started',
    type: 'Normal',
  };
  assert.deepEqual(createErrors(eventsV1, event), []);
  assert.deepEqual(
    createErrors(eventsV1, { ...event, eventTime: '', type: 'Loud', action: 'x'.repeat(129) }),
    [
      'eventTime: Required value',
      `action: Invalid value: "${'x'.repeat(129)}": can have at most 128 characters`,
      'type: Invalid value: "Loud": has invalid value: Loud',
    ],
  );
});
