import assert from 'node:assert/strict';
import test from 'node:test';
import type { Pod } from '../../model/api/types.ts';
import { defaultPlugins } from '../engine/profile.ts';
import { ClusterSnapshot } from '../engine/snapshot.ts';
import { readNode } from '../engine/state/node-info.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

const reader = new ClusterSnapshot();

function pod(name: string, priority = 0, extra: Partial<NonNullable<Pod['spec']>> = {}) {
  const resources = { requests: { cpu: '2' } };
  return reader.readPod({
    metadata: { name },
    spec: { priority, containers: [{ name: 'c', resources }], ...extra },
  });
}

function node(cpu: string) {
  return readNode({ metadata: { name: 'n' }, status: { allocatable: { cpu, pods: '10' } } });
}

const make = () => new SchedulingQueue(defaultPlugins());

test('pods come out by priority, then by time', () => {
  const queue = make();
  queue.add(pod('a'), 0);
  queue.add(pod('b', 5), 2);
  queue.add(pod('c', 5), 1);
  assert.deepEqual(
    [0, 1, 2, 3].map(() => queue.pop(10)?.name),
    ['c', 'b', 'a', undefined],
  );
});

test('pods of a gang come out together, by when the first of them came', () => {
  const queue = make();
  const member = (name: string, podGroupName: string, priority = 0) =>
    pod(name, priority, { schedulingGroup: { podGroupName } });
  queue.add(member('x1', 'x'), 0);
  queue.add(member('y1', 'y'), 0);
  queue.add(pod('single'), 1);
  queue.add(member('y2', 'y'), 2);
  queue.add(member('x2', 'x'), 3);
  queue.add(member('z1', 'z', 9), 4);
  const all = [0, 1, 2, 3, 4, 5].map(() => queue.pop(10));
  assert.deepEqual(
    all.map((next) => next?.name),
    ['z1', 'x1', 'x2', 'y1', 'y2', 'single'],
  );
  for (const next of all) if (next) queue.done(next);
  queue.add(pod('early'), 10);
  queue.add(member('x3', 'x'), 11);
  assert.equal(queue.pop(20)?.name, 'early', 'a gang that was placed whole starts anew');
});

test('back-off doubles from one second up to ten', () => {
  const queue = make();
  const waiting = pod('a');
  queue.add(waiting, 0);
  let now = 0;
  for (const seconds of [1, 2, 4, 8, 10, 10]) {
    assert.equal(queue.pop(now)?.name, 'a');
    queue.failed(waiting, ['NodeResourcesFit'], now);
    assert.equal(queue.pop(now + 60_000), undefined, 'no event, no try');
    queue.onChange({ event: 'PodDeleted' }, now);
    assert.equal(queue.nextWakeMs(), now + seconds * 1000);
    assert.equal(queue.pop(now + seconds * 1000 - 1), undefined);
    now += seconds * 1000;
  }
});

test('only changes that the rejecting plugins wait for wake a pod', () => {
  const queue = make();
  const waiting = pod('a');
  queue.add(waiting, 0);
  queue.pop(0);
  queue.failed(waiting, ['NodeResourcesFit'], 0);
  queue.onChange({ event: 'NodeTaintsChanged' }, 5000);
  queue.onChange({ event: 'NodeAdded', node: node('1') }, 5000);
  assert.equal(queue.placeOf(waiting.key), 'unschedulable');
  queue.onChange({ event: 'NodeAdded', node: node('2') }, 5000);
  assert.equal(queue.placeOf(waiting.key), 'active');
});

test('a pod that no event wakes is tried again after five minutes', () => {
  const queue = make();
  const waiting = pod('a');
  queue.add(waiting, 0);
  queue.pop(0);
  queue.failed(waiting, ['NodeAffinity'], 0);
  assert.equal(queue.pop(299_999), undefined);
  assert.equal(queue.nextWakeMs(), 300_000);
  assert.equal(queue.pop(300_000)?.name, 'a');
});

test('a change during an attempt is not missed', () => {
  const queue = make();
  const waiting = pod('a');
  queue.add(waiting, 0);
  queue.pop(0);
  queue.onChange({ event: 'PodDeleted' }, 1);
  queue.failed(waiting, ['NodeResourcesFit'], 2);
  assert.equal(queue.placeOf(waiting.key), 'backing-off');
});

test('a gated pod waits until its gates are gone', () => {
  const queue = make();
  queue.add(pod('a', 0, { schedulingGates: [{ name: 'example.com/quota' }] }), 0);
  queue.onChange({ event: 'PodDeleted' }, 0);
  assert.equal(queue.placeOf('default/a'), 'gated');
  assert.equal(queue.pop(600_000), undefined);
  queue.add(pod('a'), 1);
  assert.equal(queue.pop(1)?.name, 'a');
});

test('a pod that was removed does not come out', () => {
  const queue = make();
  queue.add(pod('a'), 0);
  queue.remove('default/a');
  assert.equal(queue.pop(0), undefined);
  assert.equal(queue.size, 0);
});
