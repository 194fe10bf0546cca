/**
 * A pod's life under kills of the agent in the midst of its work, jumps of time, deaths of containers and calls of users, against a model of two
 * facts: what is wanted of the pod, and who may be alive. PEAPOD_MODEL_RUNS and PEAPOD_MODEL_SEED choose other sequences.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { PodClient } from '../client/pod-client.ts';
import type { PodRuntime } from '../runtime/pod-runtime.ts';
import { isLive } from './planner/observed.ts';
import { container, FakeNode } from './testing/fake-node.ts';
import { Mortal } from './testing/mortal.ts';

interface Model {
  wanted: 'nothing' | 'running' | 'deleted';
  /** Of the pod that is there now, or was there last. */
  uid: string;
  pods: number;
}

interface Real {
  readonly node: FakeNode;
  readonly agent: Mortal;
}

type Command = fc.AsyncCommand<Model, Real>;

const NAMES = ['init', 'side', 'one', 'two'];

/** Longer than any grace, back-off and hook takes. */
const LONG_MS = 420_000;

function command(
  name: string,
  check: (model: Model) => boolean,
  run: (model: Model, real: Real) => Promise<void>,
): Command {
  return {
    check: (model) => check(model),
    run: async (model, real) => {
      await run(model, real);
      await real.node.clock.settle();
      checkPromises(real.node);
    },
    toString: () => name,
  };
}

const always = () => true;
const whileThere = ({ wanted }: Model) => wanted !== 'nothing';

const create = () =>
  command(
    'create',
    ({ wanted }) => wanted === 'nothing',
    async (model, { node }) => {
      model.pods += 1;
      model.uid = `u${model.pods}`;
      model.wanted = 'running';
      await node.run(
        {
          terminationGracePeriodSeconds: 20,
          initContainers: [container('init'), container('side', { restartPolicy: 'Always' })],
          containers: [
            container('one'),
            container('two', { lifecycle: { preStop: { sleep: { seconds: 3 } } } }),
          ],
        },
        { uid: model.uid },
      );
    },
  );

const remove = (graceSeconds: number | undefined) =>
  command(`delete, grace ${graceSeconds ?? 'its own'}`, whileThere, async (model, { node }) => {
    model.wanted = 'deleted';
    await node.client.deletePod(
      'default',
      'web',
      graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds },
    );
  });

const update = (value: string) =>
  command(
    `label ${value}`,
    ({ wanted }) => wanted === 'running',
    async (_, { node }) => {
      node.client.change('web', (pod) => ({ ...pod, metadata: { ...pod.metadata, labels: { value } } }));
    },
  );

const exit = (name: string, exitCode: number) =>
  command(`${name} exits ${exitCode}`, whileThere, async (_, { node }) => node.runtime.exit(name, exitCode));

const exec = (name: string) =>
  command(`exec in ${name}`, whileThere, async (_, { node }) => {
    for (const { status } of node.runtime.containers.values())
      if (status.metadata.name === name && isLive(status)) await node.runtime.execSync(status.id, ['true']);
  });

const loseSandbox = () =>
  command('the sandbox dies', whileThere, async ({ uid }, { node }) => node.runtime.killSandbox(uid));

const wait = (ms: number) => command(`${ms} ms pass`, always, async (_, { node }) => node.clock.advance(ms));

/** As while the machine sleeps. */
const jump = (ms: number) =>
  command(`the clock jumps by ${ms} ms`, always, async (_, { node }) => {
    node.clock.jump(ms);
    await node.clock.advance(1000);
  });

/** The process is gone at once, and with it what it waited for; another one comes. */
const kill = (calls: number, isDone: boolean) =>
  command(`kill ${isDone ? 'after' : 'before'} call ${calls}`, always, async (_, { node, agent }) => {
    agent.dieAt(calls, isDone);
    await node.clock.advance(2000);
    await node.reviveAgent();
  });

const commands = fc.commands(
  [
    fc.constant(create()),
    fc.constantFrom(undefined, 0, 1, 40).map(remove),
    fc.constantFrom('a', 'b').map(update),
    fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(0, 1, 137)).map((args) => exit(...args)),
    fc.constantFrom(...NAMES).map(exec),
    fc.constant(loseSandbox()),
    fc.constantFrom(1, 500, 3000, 11_000, 60_000).map(wait),
    fc.constantFrom(5000, 600_000, 86_400_000).map(jump),
    fc.tuple(fc.integer({ min: 0, max: 12 }), fc.boolean()).map((args) => kill(...args)),
  ],
  { size: '+1' },
);

const seed = Number(process.env['PEAPOD_MODEL_SEED'] ?? Date.now() % 1_000_000);

test('through kills, jumps of time and deaths, what is wanted comes, and what is not wanted goes', async (t) => {
  t.diagnostic(`PEAPOD_MODEL_SEED=${seed}`);
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      const agent = new Mortal();
      await using node = new FakeNode({
        script: (name) =>
          name === 'init' ? { exitAfterMs: 2000 } : name === 'two' ? { ignoresStop: true } : {},
        mortal: <T extends PodClient | PodRuntime>(target: T) => agent.wrap(target),
        revive: () => agent.revive(),
      });
      const model: Model = { wanted: 'nothing', uid: '', pods: 0 };
      await fc.asyncModelRun(() => ({ model, real: { node, agent } }), sequence);
      await node.clock.advance(LONG_MS);
      checkPromises(node);
      if (model.wanted === 'running') {
        const ready = node.pod().status?.conditions?.find(({ type }) => type === 'Ready');
        assert.equal(ready?.status, 'True', 'what is wanted is ready in the end');
        const alive = [...node.runtime.containers.values()].filter(({ status }) => isLive(status));
        assert.deepEqual(alive.map(({ status }) => status.metadata.name).toSorted(), ['one', 'side', 'two']);
        await node.client.deletePod('default', 'web');
        await node.clock.advance(120_000);
      }
      const left = [
        node.client.pods,
        node.runtime.sandboxes,
        node.runtime.containers,
        node.volumes,
        node.cgroups,
      ];
      assert.deepEqual(
        left.map(({ size }) => size),
        [0, 0, 0, 0, 0],
        'nothing is left',
      );
    }),
    { numRuns: Number(process.env['PEAPOD_MODEL_RUNS'] ?? 200), seed },
  );
});

function checkPromises({ runtime }: FakeNode): void {
  assert.deepEqual(runtime.violations, [], 'never two instances of one container');
}
