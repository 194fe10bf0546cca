import assert from 'node:assert/strict';
import test from 'node:test';
import type { ProjectedVolumeSource, Volume } from '../../model/api/types.ts';
import { refreshPeriod } from './refresh-period.ts';

const period = (...volumes: Volume[]) => refreshPeriod({ spec: { containers: [], volumes } });
const projected = (...sources: NonNullable<ProjectedVolumeSource['sources']>): Volume => ({
  name: 'v',
  projected: { sources },
});
const TOKEN = { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } };
const AUTHORITY = { configMap: { name: 'kube-root-ca.crt' } };
const NAMESPACE = { downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.namespace' } }] } };
const ACCESS = projected(TOKEN, AUTHORITY, NAMESPACE);

test('volumes that cannot change are not looked at again', () => {
  assert.equal(period(), undefined);
  assert.equal(period({ name: 'e', emptyDir: {} }, { name: 'h', hostPath: { path: '/' } }), undefined);
});

test('what every pod gets to reach the API is looked at every five minutes', () => {
  assert.equal(period(ACCESS, { name: 'e', emptyDir: {} }), 300_000);
});

test('what users change is looked at every minute, and so is a token that lives shorter than an hour', () => {
  assert.equal(period(ACCESS, { name: 'c', configMap: { name: 'mine' } }), 60_000);
  assert.equal(period({ name: 's', secret: { secretName: 'mine' } }), 60_000);
  assert.equal(period(projected(TOKEN, { configMap: { name: 'mine' } })), 60_000);
  assert.equal(period(projected(TOKEN, { secret: { name: 'mine' } })), 60_000);
  assert.equal(period(projected({ serviceAccountToken: { path: 't', expirationSeconds: 600 } })), 60_000);
});
