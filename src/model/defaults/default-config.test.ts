import assert from 'node:assert/strict';
import test from 'node:test';
import { defaultConfigMap, defaultPersistentVolumeClaim, defaultSecret } from './default-config.ts';

test('stringData is merged into data and wins', () => {
  const secret = defaultSecret({
    metadata: { name: 's' },
    data: { a: 'eA==', b: 'eA==' },
    stringData: { b: 'yé' },
  });
  assert.deepEqual(secret.data, { a: 'eA==', b: Buffer.from('yé').toString('base64') });
  assert.equal(secret.type, 'Opaque');
  assert.ok(!('stringData' in secret));
});

test('objects get the default namespace', () => {
  assert.equal(defaultConfigMap({ metadata: { name: 'c' } }).metadata?.namespace, 'default');
  assert.equal(defaultSecret({ metadata: { name: 'c', namespace: 'n' } }).metadata?.namespace, 'n');
});

test('a claim is a filesystem, and pending', () => {
  const claim = defaultPersistentVolumeClaim({ spec: { resources: { requests: { storage: '0.5Gi' } } } });
  assert.equal(claim.spec?.volumeMode, 'Filesystem');
  assert.deepEqual(claim.spec?.resources?.requests, { storage: '512Mi' });
  assert.deepEqual(claim.status, { phase: 'Pending' });
});
