import assert from 'node:assert/strict';
import test from 'node:test';
import { didYouMean, nearestName } from './nearest-name.ts';

const FIELDS = ['command', 'args', 'image', 'imagePullPolicy', 'livenessProbe', 'env', 'envFrom'];

test('a slip of the keyboard finds the field that was meant', () => {
  const slips = {
    comand: 'command',
    Image: 'image',
    imgae: 'image',
    imagepullpolicy: 'imagePullPolicy',
    envfrm: 'envFrom',
    livelinessProbe: 'livenessProbe',
  };
  for (const [slip, meant] of Object.entries(slips)) assert.equal(nearestName(slip, FIELDS), meant);
});

test('what is like no field suggests none', () => {
  for (const name of ['xyzzy', 'replicas', '', 'a'.repeat(100_000)])
    assert.equal(didYouMean(name, FIELDS), '');
});
