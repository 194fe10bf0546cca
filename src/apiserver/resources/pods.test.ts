import assert from 'node:assert/strict';
import test from 'node:test';
import type { PodSpec } from '../../model/api/types.ts';
import type { ApiObject } from '../api-object.ts';
import { pods } from './pods.ts';
import { cells, created, createErrors, updateErrors } from './testing/strategy.ts';

const SPEC: PodSpec = { containers: [{ name: 'c', image: 'i:1' }], nodeName: 'n1' };
const pod = (spec: Partial<PodSpec> = {}) => created(pods, { spec: { ...SPEC, ...spec } });

function errorsOf(change: (spec: PodSpec) => void, before: Partial<PodSpec> = {}): string[] {
  return updateErrors(pods, pod(before), (next) => change(next['spec'] as PodSpec));
}

test('of a pod, images, deadlines and more tolerations may change', () => {
  const fine: ((spec: PodSpec) => void)[] = [
    (spec) => Object.assign(spec.containers[0] ?? {}, { image: 'i:2' }),
    (spec) => Object.assign(spec, { activeDeadlineSeconds: 5 }),
    (spec) => Object.assign(spec, { tolerations: [{ key: 'a', operator: 'Exists' }] }),
  ];
  for (const change of fine) assert.deepEqual(errorsOf(change), []);
});

test('all else of a pod stays', () => {
  const [moved = ''] = errorsOf((spec) => Object.assign(spec, { nodeName: 'n2' }));
  assert.match(moved, /^spec: Forbidden: pod updates may not change fields other than `spec\.containers/);
  assert.match(moved, /\nnodeName: "n1" → "n2"$/);
  assert.deepEqual(
    errorsOf((spec) => spec.containers.push({ name: 'd', image: 'i' })),
    ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  );
  assert.deepEqual(
    errorsOf((spec) => Object.assign(spec.containers[0] ?? {}, { image: '' })),
    ['spec.containers[0].image: Required value'],
  );
  assert.deepEqual(
    errorsOf((spec) => Object.assign(spec, { activeDeadlineSeconds: 9 }), { activeDeadlineSeconds: 5 }),
    ['spec.activeDeadlineSeconds: Invalid value: 9: must be less than or equal to previous value: 5'],
  );
  assert.deepEqual(
    errorsOf((spec) => Object.assign(spec, { tolerations: [] }), {
      tolerations: [{ key: 'a', operator: 'Exists' }],
    }),
    ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
  );
  assert.deepEqual(
    errorsOf((spec) => Object.assign(spec, { schedulingGates: [{ name: 'a' }] })),
    ["spec.schedulingGates: Forbidden: only deletion is allowed, but found new scheduling gate 'a'"],
  );
});

test('what is not supported is refused, as `peapod run` does', () => {
  const [error = ''] = createErrors(pods, { spec: { ...SPEC, runtimeClassName: 'x' } });
  assert.match(error, /^spec\.runtimeClassName: Forbidden: not supported/);
});

test('a pod gets its grace, unless it runs nowhere or no longer', () => {
  const cases: [ApiObject, number | undefined, number][] = [
    [pod(), undefined, 30],
    [pod({ terminationGracePeriodSeconds: 5 }), undefined, 5],
    [pod(), 0, 0],
    [pod(), 7, 7],
    [{ ...pod(), status: { phase: 'Failed' } }, undefined, 0],
    [pod({ nodeName: '' }), 9, 0],
  ];
  for (const [object, requested, expected] of cases)
    assert.equal(pods.strategy.gracePeriodSeconds?.(object, requested), expected);
});

test('a pod is shown as kubectl shows it', () => {
  assert.deepEqual(cells(pods, pod()), {
    Name: 'x',
    Ready: '0/1',
    Status: 'Pending',
    Restarts: '0',
    Age: '60m',
    IP: '<none>',
    Node: 'n1',
    'Nominated Node': '<none>',
    'Readiness Gates': '<none>',
  });
});
