import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isLive } from './planner/observed.ts';
import { container, FakeNode } from './testing/fake-node.ts';

/** What may happen to a pod from outside. */
type Step =
  | { do: 'wait'; ms: number }
  | { do: 'exit'; name: string; exitCode: number }
  | { do: 'kill-sandbox' }
  | { do: 'probe'; healthy: boolean }
  | { do: 'restart-agent' }
  | { do: 'delete'; graceSeconds: number };

const NAMES = ['init', 'side', 'one', 'two'];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('exit' as const),
        name: fc.constantFrom(...NAMES),
        exitCode: fc.constantFrom(0, 1, 137),
      }),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ do: 'kill-sandbox' }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('probe' as const), healthy: fc.boolean() }) },
    { weight: 2, arbitrary: fc.constant<Step>({ do: 'restart-agent' }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('delete' as const),
        graceSeconds: fc.integer({ min: 0, max: 40 }),
      }),
    },
  ),
  { maxLength: 14 },
);

const policies = fc.constantFrom('Always', 'OnFailure', 'Never');

test('whatever happens to a pod, Kubernetes keeps its promises', async () => {
  await fc.assert(
    fc.asyncProperty(policies, steps, async (restartPolicy, happenings) => {
      let healthy = true;
      await using node = new FakeNode({
        exec: () => (healthy ? 0 : 1),
        script: (name) =>
          name === 'init' ? { exitAfterMs: 2000 } : name === 'two' ? { ignoresStop: true } : {},
      });
      await node.run({
        restartPolicy,
        initContainers: [container('init'), container('side', { restartPolicy: 'Always' })],
        containers: [
          container('one', { livenessProbe: { exec: { command: ['ok'] }, periodSeconds: 5 } }),
          container('two', { lifecycle: { preStop: { sleep: { seconds: 3 } } } }),
        ],
      });
      const counts = new Map<string, number>();
      let deleted = false;
      for (const step of happenings) {
        if (step.do === 'probe') healthy = step.healthy;
        if (step.do === 'delete') deleted = true;
        await apply(node, step);
        checkPromises(node, counts);
      }
      if (!deleted) await node.client.deletePod('default', 'web');
      await node.clock.advance(120_000);
      assert.equal(node.client.pods.size, 0, 'the deleted pod is gone');
      const left = [node.runtime.sandboxes, node.runtime.containers, node.volumes, node.cgroups];
      assert.deepEqual(
        left.map(({ size }) => size),
        [0, 0, 0, 0],
        'nothing of it is left',
      );
      checkPromises(node, counts);
      assert.deepEqual(node.logged, []);
    }),
    { numRuns: 60 },
  );
});

async function apply(node: FakeNode, step: Step): Promise<void> {
  switch (step.do) {
    case 'wait':
      return node.clock.advance(step.ms);
    case 'exit':
      node.runtime.exit(step.name, step.exitCode);
      return node.clock.settle();
    case 'kill-sandbox':
      node.runtime.killSandbox('u1');
      return node.clock.settle();
    case 'restart-agent':
      return node.restartAgent();
    case 'delete':
      await node.client.deletePod('default', 'web', { gracePeriodSeconds: step.graceSeconds });
      return node.clock.settle();
    case 'probe':
  }
}

function checkPromises(node: FakeNode, counts: Map<string, number>): void {
  assert.deepEqual(node.runtime.violations, [], 'never two instances of one container');
  checkOrder(node.runtime.journal);
  const statuses = [...node.client.pods.values()].flatMap(({ status }) => [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
  ]);
  for (const { name, restartCount } of statuses) {
    assert.ok(restartCount >= (counts.get(name) ?? 0), `the restart count of ${name} never falls`);
    counts.set(name, restartCount);
  }
  checkBackoff(node);
}

/** In each sandbox: init before side before the others. */
function checkOrder(journal: readonly string[]): void {
  let initDone = false;
  let sideStarted = false;
  for (const line of journal) {
    if (line.startsWith('sandbox ')) [initDone, sideStarted] = [false, false];
    if (/^exit init#\d+ 0$/.test(line)) initDone = true;
    if (line.startsWith('start side#')) {
      assert.ok(initDone, `${line} before init was done`);
      sideStarted = true;
    }
    if (/^start (one|two)#/.test(line)) assert.ok(initDone && sideStarted, `${line} too early`);
  }
}

/** A restart in the same sandbox comes no sooner than the wait that the ended instance's record tells of. */
function checkBackoff({ runtime }: FakeNode): void {
  const instances = [...runtime.containers.values()].map(({ status }) => status);
  for (const ended of instances) {
    if (isLive(ended)) continue;
    const next = instances.find(
      ({ metadata, sandboxId }) =>
        sandboxId === ended.sandboxId &&
        metadata.name === ended.metadata.name &&
        metadata.attempt === ended.metadata.attempt + 1,
    );
    const record = ended.annotations['peapod.dev/restart-backoff'];
    if (next === undefined || record === undefined) continue;
    const { delayMs, updatedAt } = JSON.parse(record) as { delayMs: number; updatedAt: number };
    if (ended.finishedAt - updatedAt > 600_000) continue;
    assert.ok(next.createdAt >= ended.finishedAt + delayMs, `${next.id} was restarted too soon`);
  }
}
