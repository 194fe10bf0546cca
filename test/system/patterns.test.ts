/** Each example of examples/patterns does what it is for. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Pod } from '../../src/model/api/types.ts';
import { startPeapod, type TestPeapod, until } from './support/peapod.ts';
import { podView } from './support/pod-view.ts';

const PATTERNS = join(import.meta.dirname, '../../examples/patterns');

let peapod: TestPeapod;
before(async () => {
  peapod = await startPeapod();
  await peapod.load('busybox');
});
after(() => peapod[Symbol.asyncDispose]());

const manifest = (name: string): string => join(PATTERNS, name, 'pod.yaml');

async function start(name: string): Promise<void> {
  await peapod.succeed(['run', '--detach', '-f', manifest(name)]);
}

async function inContainer(pod: string, container: string, ...command: string[]): Promise<string> {
  return (await peapod.succeed(['exec', pod, '-c', container, '--', ...command])).trim();
}

async function pidOf(pod: string, container: string): Promise<number> {
  const pid = (await podView(peapod, pod)).pids[container];
  assert.ok(pid !== undefined, `${container} runs`);
  return pid;
}

async function remove(name: string): Promise<void> {
  await peapod.succeed(['rm', '--force', '--time', '0', name]);
}

test('every pattern has a manifest, a README and a line in the index', async () => {
  const index = await readFile(join(PATTERNS, 'README.md'), 'utf8');
  const folders = (await readdir(PATTERNS, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  assert.equal(folders.length, 6);
  for (const { name } of folders) {
    assert.match(
      await readFile(join(PATTERNS, name, 'README.md'), 'utf8'),
      /\bTake it|take a|Across machines|When the work/,
    );
    assert.ok(index.includes(`](${name}/)`), name);
    await readFile(manifest(name));
  }
});

test('init container: the server starts when the site is whole, and may only read it', async () => {
  await start('init-container');
  const page = await until('the page is served', () =>
    inContainer('init-container', 'web', 'wget', '-qO-', 'localhost:8080/articles/pods.html'),
  );
  assert.match(page, /All about pods/);
  assert.match(await peapod.succeed(['logs', 'init-container', '-c', 'check']), /all links are good/);
  const write = await peapod.call(['exec', 'init-container', '-c', 'web', '--', 'touch', '/site/x']);
  assert.match(write.stderr, /Read-only file system/);
  await remove('init-container');
});

test('sidecar: it is there before the program and goes after it, and the job ends', async () => {
  const { code, stdout } = await peapod.call(['run', '-f', manifest('sidecar')]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /all orders are taken/);
  assert.match(await peapod.succeed(['logs', 'sidecar', '-c', 'ship']), /shipped 5 lines/);
  await remove('sidecar');
});

test('ambassador: the program does not notice that one of its partners is gone', async () => {
  await start('ambassador');
  const answers = () => inContainer('ambassador', 'shop', 'tail', '-n', '1', '/tmp/answers');
  await until('store a serves', async () => ((await answers()) === 'served by a' ? true : undefined));
  const storeA = await pidOf('ambassador', 'store-a');
  process.kill(storeA, 'SIGSTOP');
  try {
    await until('store b serves', async () => ((await answers()) === 'served by b' ? true : undefined));
  } finally {
    process.kill(storeA, 'SIGCONT');
  }
  await remove('ambassador');
});

test('adapter: the state is told in the words of Prometheus, anew with each scrape', async () => {
  await start('adapter');
  const scrape = async (): Promise<number> => {
    const text = await inContainer('adapter', 'work', 'wget', '-qO-', 'localhost:9100/cgi-bin/metrics');
    assert.match(
      text,
      /^# TYPE jobs_total counter\njobs_total\{result="ok"\} \d+\njobs_total\{result="failed"\} \d+\n# TYPE queue_length gauge\nqueue_length [0-2]$/,
    );
    return Number(/result="ok"\} (\d+)/.exec(text)?.[1]);
  };
  const first = await until('the first scrape', scrape);
  await until('the count grows', async () => ((await scrape()) > first ? true : undefined));
  await remove('adapter');
});

test('leader election: one leads, and another takes over from who sleeps', async () => {
  await start('leader-election');
  const last = async (): Promise<{ term: number; leader: string }> => {
    const line = await inContainer('leader-election', 'anna', 'tail', '-n', '1', '/shared/journal');
    const [term = '', leader = ''] = line.split(' ');
    return { term: Number(term), leader };
  };
  const first = await until('somebody leads', async () => {
    const state = await last();
    return state.term === 1 ? state : undefined;
  });
  const sleeper = await pidOf('leader-election', first.leader);
  process.kill(sleeper, 'SIGSTOP');
  const second = await until('another leads', async () => {
    const state = await last();
    return state.term === 2 ? state : undefined;
  });
  assert.notEqual(second.leader, first.leader);
  process.kill(sleeper, 'SIGCONT');
  await until('the first leader notices', async () => {
    const logs = await peapod.succeed(['logs', 'leader-election', '-c', first.leader]);
    return logs.includes(`${first.leader} has lost term 1`) ? true : undefined;
  });
  assert.equal((await last()).leader, second.leader);
  await remove('leader-election');
});

test('work queue: every job is done once, though a worker is killed in the middle', async () => {
  await start('work-queue');
  const done = async () =>
    (await inContainer('work-queue', 'worker-1', 'ls', '/queue/done')).split('\n').length;
  await until('some work is done', async () => ((await done()) > 3 ? true : undefined));
  process.kill(await pidOf('work-queue', 'worker-2'), 'SIGKILL');
  await until(
    'the pod has succeeded',
    async () => {
      const { items } = JSON.parse(await peapod.succeed(['ps', '-o', 'json'])) as { items: Pod[] };
      return items[0]?.status?.phase === 'Succeeded' ? true : undefined;
    },
    60_000,
  );
  const logs = await peapod.succeed(['logs', 'work-queue']);
  assert.equal(logs.match(/nothing left to do/g)?.length, 3);
  await remove('work-queue');
});
