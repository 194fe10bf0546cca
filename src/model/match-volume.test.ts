import assert from 'node:assert/strict';
import test from 'node:test';
import type { PersistentVolume, PersistentVolumeSpec } from './api/types.ts';
import { findVolume } from './match-volume.ts';

function volume(name: string, storage: string, spec: PersistentVolumeSpec = {}): PersistentVolume {
  const labels = { tier: name };
  const base = { capacity: { storage }, accessModes: ['ReadWriteOnce'], storageClassName: 's' };
  return { metadata: { name, labels }, spec: { ...base, ...spec }, status: { phase: 'Available' } };
}

const CLAIM = {
  metadata: { namespace: 'n', name: 'c', uid: 'u' },
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName: 's',
    resources: { requests: { storage: '2Gi' } },
  },
};

const found = (volumes: PersistentVolume[], spec: object = {}) =>
  findVolume(volumes, { ...CLAIM, spec: { ...CLAIM.spec, ...spec } })?.metadata?.name;

test('a claim gets the smallest volume that is large enough', () => {
  assert.equal(found([volume('l', '9Gi'), volume('m', '3Gi'), volume('s', '1Gi')]), 'm');
});

test('class, mode, access and labels must be what the claim asks for', () => {
  const all = [volume('a', '5Gi')];
  assert.equal(found(all, { storageClassName: 'other' }), undefined);
  assert.equal(found(all, { volumeMode: 'Block' }), undefined);
  assert.equal(found(all, { accessModes: ['ReadWriteMany'] }), undefined);
  assert.equal(found(all, { selector: { matchLabels: { tier: 'b' } } }), undefined);
  assert.equal(found(all, { selector: { matchLabels: { tier: 'a' } } }), 'a');
});

test('a volume that waits for the claim comes before all others, one that waits for another never', () => {
  const mine = volume('mine', '9Gi', { claimRef: { namespace: 'n', name: 'c' } });
  const others = volume('others', '3Gi', { claimRef: { namespace: 'n', name: 'd' } });
  const before = volume('before', '2Gi', { claimRef: { namespace: 'n', name: 'c', uid: 'old' } });
  assert.equal(found([volume('free', '2Gi'), mine]), 'mine');
  assert.equal(found([others, before]), undefined);
});

test('a volume that is not free, or goes, or that the node does not reach is none', () => {
  const released = { ...volume('a', '5Gi'), status: { phase: 'Released' } };
  const going = volume('b', '5Gi');
  going.metadata = { ...going.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
  assert.equal(found([released, going]), undefined);
  const matchExpressions = [{ key: 'host', operator: 'In', values: ['x'] }];
  const far = volume('far', '5Gi', {
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } },
  });
  const node = (host: string) => ({ metadata: { name: host, labels: { host } } });
  assert.equal(findVolume([far], CLAIM, node('y')), undefined);
  assert.equal(findVolume([far], CLAIM, node('x'))?.metadata?.name, 'far');
});
