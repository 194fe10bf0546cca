import assert from 'node:assert/strict';
import test from 'node:test';
import type { PodSpec, ResourceQuota, ResourceQuotaSpec } from '../../model/api/types.ts';
import type { ApiObject } from '../api-object.ts';
import { chargeQuotas, recountQuota } from './charge-quotas.ts';

const PODS = { group: '', plural: 'pods' };
const CLAIMS = { group: '', plural: 'persistentvolumeclaims' };
const JOBS = { group: 'batch', plural: 'jobs' };

function quota(spec: ResourceQuotaSpec, used: Record<string, string> = {}): ResourceQuota {
  return { metadata: { name: 'q' }, spec, status: { hard: spec.hard ?? {}, used } };
}

function pod(cpu?: string, spec: Partial<PodSpec> = {}): ApiObject {
  const resources = cpu === undefined ? {} : { requests: { cpu }, limits: { cpu } };
  return { metadata: { name: 'web' }, spec: { containers: [{ name: 'c', image: 'i', resources }], ...spec } };
}

test('a quota grows with what is made', () => {
  const [charged] = chargeQuotas(
    [quota({ hard: { pods: '3', 'requests.cpu': '2' } }, { pods: '2' })],
    PODS,
    pod('500m'),
  );
  assert.deepEqual(charged?.status?.used, { pods: '3', 'requests.cpu': '500m' });
});

test('what is exceeded is told with the amounts', () => {
  const quotas = [quota({ hard: { pods: '2', cpu: '2' } }, { pods: '2', cpu: '1' })];
  assert.throws(() => chargeQuotas(quotas, PODS, pod('500m')), {
    code: 403,
    message: 'pods "web" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
  });
  assert.throws(
    () => chargeQuotas([quota({ hard: { 'count/jobs.batch': '0' } })], JOBS, { metadata: { name: 'j' } }),
    {
      message:
        'jobs.batch "j" is forbidden: exceeded quota: q, requested: count/jobs.batch=1, used: count/jobs.batch=0, limited: count/jobs.batch=0',
    },
  );
});

test('who is counted has to say what it needs', () => {
  assert.throws(() => chargeQuotas([quota({ hard: { 'limits.cpu': '1', memory: '1Gi' } })], PODS, pod()), {
    message: 'pods "web" is forbidden: failed quota: q: must specify limits.cpu for: c; memory for: c',
  });
});

test('an update is charged for what it takes more', () => {
  const quotas = [
    quota(
      { hard: { 'requests.storage': '10Gi', persistentvolumeclaims: '1' } },
      { persistentvolumeclaims: '1', 'requests.storage': '4Gi' },
    ),
  ];
  const claim = (storage: string): ApiObject => ({
    metadata: { name: 'data' },
    spec: { resources: { requests: { storage } } },
  });
  const [charged] = chargeQuotas(quotas, CLAIMS, claim('6Gi'), claim('4Gi'));
  assert.deepEqual(charged?.status?.used, { persistentvolumeclaims: '1', 'requests.storage': '6Gi' });
  assert.deepEqual(chargeQuotas(quotas, CLAIMS, claim('4Gi'), claim('4Gi')), []);
  assert.throws(
    () => chargeQuotas(quotas, CLAIMS, claim('11Gi'), claim('4Gi')),
    /exceeded quota: q, requested: requests.storage=7Gi/,
  );
});

test('scopes choose the pods that count', () => {
  const one = (spec: ResourceQuotaSpec, object: ApiObject) =>
    chargeQuotas([quota({ hard: { pods: '1' }, ...spec })], PODS, object).length;
  const cases: [ResourceQuotaSpec, ApiObject, number][] = [
    [{ scopes: ['BestEffort'] }, pod(), 1],
    [{ scopes: ['BestEffort'] }, pod('1'), 0],
    [{ scopes: ['NotTerminating', 'NotBestEffort'] }, pod('1'), 1],
    [{ scopes: ['Terminating'] }, pod('1', { activeDeadlineSeconds: 5 }), 1],
    [{ scopes: ['CrossNamespacePodAffinity'] }, pod('1'), 0],
  ];
  for (const [spec, object, expected] of cases)
    assert.equal(one(spec, object), expected, JSON.stringify(spec));
  const inClass = (values: string[]): ResourceQuotaSpec => ({
    scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values }] },
  });
  assert.equal(one(inClass(['high']), pod('1', { priorityClassName: 'high' })), 1);
  assert.equal(one(inClass(['high']), pod('1', { priorityClassName: 'low' })), 0);
});

test('pods that have ended hold nothing but their place among the objects', () => {
  const ended = { ...pod('1'), status: { phase: 'Succeeded' } };
  const objects = [pod('500m'), pod('1'), ended].map((object) => ({ kind: PODS, object }));
  assert.deepEqual(
    recountQuota(quota({ hard: { pods: '9', cpu: '9', 'count/pods': '9', secrets: '1' } }), objects),
    {
      pods: '2',
      cpu: '1500m',
      'count/pods': '3',
      secrets: '0',
    },
  );
});
