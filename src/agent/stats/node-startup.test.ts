import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeStartup } from './node-startup.ts';

test('the start of a new node is told in its parts, whose sum is the whole', () => {
  const startup = new NodeStartup({ booted: 1000, started: 5000 });
  startup.registering(5500);
  startup.registering(9000);
  startup.registered(5750);
  assert.equal(startup.text(), '', 'it is not ready yet');
  startup.ready(6000);
  startup.ready(60_000);
  const value = (part: string) =>
    Number(
      new RegExp(`^kubelet_node_startup_${part}duration_seconds (\\S+)$`, 'm').exec(startup.text())?.[1],
    );
  assert.equal(value(''), 5);
  const parts = ['pre_kubelet_', 'pre_registration_', 'registration_', 'post_registration_'].map(value);
  assert.deepEqual(parts, [4, 0.5, 0.25, 0.25]);
});

test('a node that comes back tells nothing of its start', () => {
  const startup = new NodeStartup({ booted: 0, started: 1 });
  startup.registering(2);
  startup.ready(3);
  assert.equal(startup.text(), '');
});
