import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '../../model/api/types.ts';
import { container, FakeNode } from '../testing/fake-node.ts';
import { admission } from './preemption.ts';

const CRITICAL = 2_000_000_000;
const NODE: Node = {
  metadata: { name: 'n' },
  status: { allocatable: { cpu: '4', memory: '4Gi', pods: '10' } },
};

function pod(name: string, cpu: string, { priority = 0, memory = '1Gi', guaranteed = false } = {}): Pod {
  const requests = cpu === '' ? {} : { cpu, memory };
  const resources = guaranteed ? { requests, limits: requests } : { requests };
  return { metadata: { name, uid: name }, spec: { priority, containers: [{ name: 'c', resources }] } };
}

/** The names of those who go, or why the pod does not come. */
function verdict(wanted: Pod, others: readonly Pod[]): unknown {
  const found = admission(wanted, others, NODE);
  if (found.verdict === 'preempts') return found.victims.map(({ metadata }) => metadata?.name);
  return found.verdict === 'refused' ? found.refusal.reason : found.verdict;
}

test('only a critical pod sends others away, and only as few as it needs', () => {
  const others = [pod('a', '1'), pod('b', '2'), pod('c', '1')];
  assert.equal(verdict(pod('new', '1'), others), 'OutOfcpu');
  assert.deepEqual(verdict(pod('new', '1', { priority: CRITICAL }), others), ['a']);
  assert.deepEqual(verdict(pod('new', '2', { priority: CRITICAL }), others), ['b']);
  assert.equal(verdict(pod('new', '1', { priority: CRITICAL }), others.slice(0, 2)), 'admitted');
});

test('those without guarantees go first', () => {
  const others = [pod('g', '2', { guaranteed: true }), pod('b', '2')];
  assert.deepEqual(verdict(pod('new', '1', { priority: CRITICAL }), others), ['b']);
  assert.deepEqual(verdict(pod('new', '3', { priority: CRITICAL }), others), ['b', 'g']);
});

test('a critical pod goes for a more important one alone', () => {
  const others = [pod('a', '4', { priority: CRITICAL })];
  assert.deepEqual(verdict(pod('new', '1', { priority: CRITICAL + 1000 }), others), ['a']);
  assert.equal(verdict(pod('new', '1', { priority: CRITICAL }), others), 'UnexpectedAdmissionError');
});

test('nobody goes for a pod that has no place here at all', () => {
  const others = [pod('a', '4')];
  assert.equal(verdict(pod('new', '5', { priority: CRITICAL }), others), 'OutOfcpu');
  const elsewhere = pod('new', '1', { priority: CRITICAL });
  const spec = { containers: [], ...elsewhere.spec, nodeSelector: { disk: 'ssd' } };
  assert.equal(verdict({ ...elsewhere, spec }, others), 'OutOfcpu');
});

test('a best-effort pod goes where the number of pods is what is short', () => {
  const others = Array.from({ length: 10 }, (_, index) =>
    pod(`p${index}`, index === 7 ? '' : '100m', { memory: '1Mi' }),
  );
  assert.deepEqual(verdict(pod('new', '1', { priority: CRITICAL }), others), ['p7']);
});

test('the node ends the pod, says why, and then starts the critical one', async () => {
  const node = new FakeNode({ deps: { nodeObject: () => Promise.resolve(NODE) } });
  await using _ = node;
  const resources = (cpu: string) => ({ requests: { cpu, memory: '1Gi' } });
  await node.run(
    { containers: [container('small', { resources: resources('3') })], terminationGracePeriodSeconds: 0 },
    { name: 'small', uid: 'u1' },
  );
  await node.run(
    { priority: CRITICAL, containers: [container('great', { resources: resources('2') })] },
    { name: 'great', uid: 'u2' },
  );
  await node.clock.advance(5000);
  const { phase, reason, message, conditions } = node.pod('small').status ?? {};
  assert.deepEqual(
    [phase, reason, message],
    ['Failed', 'Preempting', 'Preempted in order to admit critical pod'],
  );
  assert.equal(conditions?.find(({ type }) => type === 'DisruptionTarget')?.reason, 'TerminationByKubelet');
  assert.equal(node.pod('great').status?.phase, 'Running');
  assert.deepEqual(node.started(), ['small#0', 'great#0']);
  assert.ok(node.eventTexts().includes('Preempting: Preempted in order to admit critical pod'));
  await node.restartAgent();
  await node.clock.advance(60_000);
  assert.deepEqual(node.started(), ['small#0', 'great#0'], 'a pod that made room stays so');
});

test('a critical pod that finds nobody to send away is failed, and says so', async () => {
  const node = new FakeNode({ deps: { nodeObject: () => Promise.resolve(NODE) } });
  await using _ = node;
  const resources = { requests: { cpu: '3' } };
  for (const [name, uid] of [
    ['first', 'u1'],
    ['second', 'u2'],
  ] as const)
    await node.run({ priority: CRITICAL, containers: [container(name, { resources })] }, { name, uid });
  await node.clock.advance(1000);
  const { phase, reason, message } = node.pod('second').status ?? {};
  assert.deepEqual([phase, reason], ['Failed', 'UnexpectedAdmissionError']);
  assert.match(
    message ?? '',
    /no set of running pods found to reclaim resources: \[\(res: cpu, q: 2000\), \]$/,
  );
  assert.equal(node.pod('first').status?.phase, 'Running');
});
