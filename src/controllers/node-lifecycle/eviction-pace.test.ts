import assert from 'node:assert/strict';
import test from 'node:test';
import type { Node } from '../../model/api/types.ts';
import { isAllLost, paceMs } from './eviction-pace.ts';

function nodes(zone: string, ready: number, lost: number): Node[] {
  return Array.from({ length: ready + lost }, (_, index) => ({
    metadata: { name: `${zone}${index}`, labels: { 'topology.kubernetes.io/zone': zone } },
    status: { conditions: [{ type: 'Ready', status: index < ready ? 'True' : 'Unknown' }] },
  }));
}

test('a lost node among others is emptied, one in ten seconds', () => {
  assert.equal(paceMs(':a', nodes('a', 1, 1)), 10_000);
});

test('where most of a zone is silent a small cluster empties none, and a large one few', () => {
  assert.equal(paceMs(':a', nodes('a', 2, 3)), undefined);
  assert.equal(paceMs(':a', nodes('a', 40, 60)), 100_000);
});

test('a zone that is lost whole is emptied when there are others', () => {
  const all = [...nodes('a', 0, 3), ...nodes('b', 1, 0)];
  assert.equal(paceMs(':a', all), 10_000);
  assert.equal(isAllLost(all), false);
});

test('where nothing is heard of any node nobody is sent away', () => {
  assert.equal(isAllLost(nodes('a', 0, 1)), true);
  assert.equal(isAllLost([...nodes('a', 0, 2), ...nodes('b', 0, 2)]), true);
});
