/** What a program does with `import { Peapod } from 'peapod'`: every verb against an engine of its own, and against servers that run already. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { isPeapodError, Peapod, type RunningPod, Wait } from '../../src/embed/index.ts';
import { startCluster } from './support/cluster.ts';
import { imageArchive, imageReference } from './support/images.ts';
import { processes } from './support/kernel-view.ts';
import { type LeakScope, leaksSince, takeSnapshot } from './support/leaks.ts';
import { until } from './support/peapod.ts';

const IMAGE = imageReference('busybox');
const LONG_MS = 60_000;

let directory: string;
let scope: LeakScope;
let earlier: Awaited<ReturnType<typeof takeSnapshot>>;
let peapod: Peapod;

const options = () => ({
  root: join(directory, 'root'),
  runRoot: join(directory, 'run'),
  env: {
    PEAPOD_BRIDGE: 'ppverb',
    PEAPOD_SUBNET: '10.221.0.0/16',
    PEAPOD_CNI_CONF_DIR: join(directory, 'none'),
  },
});

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'peapod-verbs-'));
  scope = { directory, bridge: 'ppverbe0', subnet: '10.221.0.0/24', cgroup: 'none' };
  earlier = await takeSnapshot(scope);
  peapod = await Peapod.start(options());
  await peapod.images.load(await imageArchive('busybox'));
});
after(async () => {
  await peapod[Symbol.asyncDispose]();
  const left = [await leaksSince(earlier, scope), readdirSync(join(directory, 'root/ephemeral'))];
  rmSync(directory, { recursive: true, force: true });
  assert.deepEqual(left, [[], []]);
});

const shell = (name: string, script: string): Promise<RunningPod> =>
  peapod.runContainer(IMAGE, { name, command: ['sh', '-c', script], timeoutMs: LONG_MS });

/** Fails when the promise takes longer than an abort may. */
async function soon<T>(promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('it took more than 15 s')), 15_000);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function runs(commandLine: string): Promise<boolean> {
  return (await processes()).some((one) => one.commandLine.includes(commandLine));
}

test('commands run to their end with what they read and write, and end when they are given up', async () => {
  await using pod = await shell('exec', 'sleep 1000');
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
  const { exitCode, stdout, stderr } = await pod.exec('wc -c; echo bad >&2; exit 4', { stdin: bytes });
  assert.deepEqual(
    { exitCode, count: Number(stdout), stderr },
    { exitCode: 4, count: 100_000, stderr: 'bad\n' },
  );
  const none = await pod.exec(['no-such-program']);
  assert.equal(none.exitCode, 127);
  assert.match(none.stderr, /no-such-program/);

  await using session = await pod.spawn('read line; echo "got $line"', { stdin: true });
  session.stdin?.end('this\n');
  assert.ok(session.stdout && session.stderr);
  assert.deepEqual(await Promise.all([text(session.stdout), text(session.stderr), session.exit]), [
    'got this\n',
    '',
    0,
  ]);

  await using terminal = await pod.spawn('stty size; test -t 0 && echo terminal', { tty: true, stdin: true });
  assert.ok(terminal.stdout);
  assert.match(await text(terminal.stdout), /terminal/);

  const stop = new AbortController();
  const given = pod.exec('echo begun; sleep 7431', { signal: stop.signal });
  await until('the command runs', async () => ((await runs('sleep 7431')) ? true : undefined));
  stop.abort(new Error('enough'));
  await assert.rejects(soon(given));
  await until('the command has ended', async () => ((await runs('sleep 7431')) ? undefined : true));
});

test('logs are read from where one wants, followed to their end, and given up', async () => {
  await using pod = await shell('logs', 'for i in 1 2 3; do echo line $i; done; sleep 1000');
  await pod.waitFor(Wait.forLog('line 3'));
  const lines = (wishes: object) => Array.fromAsync(pod.logs(wishes));
  assert.deepEqual(await lines({}), ['line 1', 'line 2', 'line 3']);
  assert.deepEqual(await lines({ tailLines: 1 }), ['line 3']);
  assert.match((await lines({ timestamps: true, tailLines: 1 }))[0] ?? '', /^\d{4}-\d\d-\d\dT\S+Z line 3$/);
  await assert.rejects(lines({ container: 'other' }), /container other is not valid/);
  await assert.rejects(lines({ previous: true }), /previous terminated container/);

  const stop = new AbortController();
  const followed: string[] = [];
  const following = (async () => {
    for await (const line of pod.logs({ follow: true, signal: stop.signal })) {
      followed.push(line);
      if (followed.length === 3) stop.abort();
    }
  })();
  await soon(following.catch(() => {}));
  assert.equal(followed.length, 3);

  const whole = pod.logs({ follow: true });
  assert.equal((await whole.next()).value, 'line 1');
  await pod.delete({ gracePeriodSeconds: 0 });
  assert.deepEqual(await soon(Array.fromAsync(whole)), ['line 2', 'line 3']);
});

function answer(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/', agent: false }, (response) => resolve(text(response))).on(
      'error',
      reject,
    );
  });
}

test('a port is the same each time, serves many at once, and is closed with the pod or by itself', async () => {
  await using pod = await shell('ports', 'echo hello > /index.html; exec httpd -f -p 8080 -h /');
  await pod.waitFor(Wait.forHttp({ port: 8080 }));
  assert.equal(await pod.listensOn(8080), true);
  assert.equal(await pod.listensOn(8081), false);
  const first = await pod.port(8080);
  assert.equal(await pod.port(8080), first);
  assert.deepEqual(
    await Promise.all(Array.from({ length: 10 }, () => answer(first.port))),
    Array(10).fill('hello\n'),
  );
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  await assert.rejects(answer(first.port), { code: 'ECONNREFUSED' });
  const second = await pod.port(8080);
  assert.equal(await answer(second.port), 'hello\n');
  const open = connect(second.port, '127.0.0.1').on('error', () => {});
  const cut = new Promise((resolve) => open.once('close', resolve));
  await new Promise((resolve) => open.once('connect', resolve));
  await pod.delete({ gracePeriodSeconds: 0 });
  await cut;
  await assert.rejects(answer(second.port), { code: 'ECONNREFUSED' });
});

const MANY = `
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: ConfigMap, metadata: { name: settings }, data: { word: first } }
---
# Nothing but a comment.
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: ${IMAGE}
          command: [sleep, '1000']
          envFrom: [{ configMapRef: { name: settings } }]
---
apiVersion: batch/v1
kind: Job
metadata: { name: once }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: '${IMAGE}', command: [echo, done] }]
`;

test('manifests of many kinds are applied in order, changed and deleted; what is wrong is refused by name', async () => {
  const applied = await peapod.apply([
    MANY,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'side' } },
  ]);
  assert.deepEqual(
    applied.map(({ kind }) => kind),
    ['ConfigMap', 'Deployment', 'Job', 'Namespace'],
  );
  const pods = await until('two pods', async () => {
    const found = await peapod.pods({ labelSelector: 'app=web' });
    return found.length === 2 ? found : undefined;
  });
  await Promise.all(pods.map((pod) => pod.waitUntilReady({ timeoutMs: LONG_MS })));
  assert.equal((await pods[0]?.exec('echo $word'))?.stdout, 'first\n');
  const [changed] = await peapod.apply(MANY.replace('word: first', 'word: second'));
  assert.deepEqual(changed?.['data'], { word: 'second' });
  await assert.rejects(
    peapod.apply('apiVersion: v1\nkind: Podd\nmetadata: { name: a }'),
    /no matches for kind "Podd"/,
  );
  await assert.rejects(peapod.apply('a: [}'), /malformed YAML/);
  await assert.rejects(peapod.apply('just words'), /no Kubernetes object/);
  await assert.rejects(peapod.run(MANY), /the manifest has 0 pods instead of one: use runAll/);
  await assert.rejects(
    peapod.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'bad' },
      spec: { containers: [{ name: 'c' }] },
    }),
    /spec\.containers\[0\]\.image: Required value/,
  );
  await peapod.delete(MANY);
  await until('all are gone', async () => ((await peapod.pods()).length === 0 ? true : undefined));
});

test('what is waited for comes, or cannot come any more, or is given up', async () => {
  await using pod = await shell('waits', 'sleep 1; touch /up; echo up; exec httpd -f -p 9000 -h /');
  const all = [Wait.forLog(/^up$/), Wait.forCommand(['test', '-e', '/up']), Wait.forPort(9000)];
  await pod.waitFor(Wait.forAll(all), { timeoutMs: LONG_MS });
  await assert.rejects(pod.waitFor(Wait.forLog('never'), { timeoutMs: 500 }), (error) => {
    assert.ok(isPeapodError(error, 'TimedOut'));
    assert.match(
      error.message,
      /^pod "waits" is not so far that .* after 500 ms\nphase: Running\n[^]*\| up$/m,
    );
    return true;
  });
  const stop = new AbortController();
  const waiting = pod.waitFor(Wait.forLog('never'), { signal: stop.signal });
  const states = Array.fromAsync(pod.states({ signal: stop.signal }));
  const events = Array.fromAsync(peapod.events({ signal: stop.signal }));
  const reason = new Error('enough');
  setTimeout(() => stop.abort(reason), 300);
  await assert.rejects(soon(waiting), reason);
  assert.ok((await soon(states)).length >= 1);
  await soon(events);
  const short = await peapod.run(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'short' },
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'c', image: IMAGE, command: ['sh', '-c', 'exit 3'] }],
      },
    },
    { wait: Wait.forExit(), timeoutMs: LONG_MS },
  );
  const { status } = await short.get();
  assert.deepEqual(
    [status?.phase, status?.containerStatuses?.[0]?.state?.terminated?.exitCode],
    ['Failed', 3],
  );
  await assert.rejects(short.waitUntilReady(), { code: 'FailedPrecondition' });
  await short.delete();
  await assert.rejects(short.get(), { code: 'NotFound' });
  await short.delete();
});

test('a block that fails takes its engine along, and a start that is given up leaves none', async () => {
  const failed = async (): Promise<void> => {
    await using own = await Peapod.start({ ...options(), imagesDir: join(directory, 'root/images') });
    await own.runContainer(IMAGE, { command: ['sleep', '7432'], timeoutMs: LONG_MS });
    assert.equal(await runs('sleep 7432'), true);
    throw new Error('the test has failed');
  };
  const slots = readdirSync(join(directory, 'root/ephemeral'));
  await assert.rejects(failed(), /^Error: the test has failed$/);
  assert.equal(await runs('sleep 7432'), false);
  assert.deepEqual(readdirSync(join(directory, 'root/ephemeral')), slots);

  await assert.rejects(
    Peapod.start({ ...options(), signal: AbortSignal.abort(new Error('no')) }),
    /^Error: no$/,
  );
  const stop = new AbortController();
  const starting = Peapod.start({ ...options(), signal: stop.signal });
  setTimeout(() => stop.abort(new Error('enough')), 50);
  await assert.rejects(starting, /^Error: enough$/);
  await assert.rejects(Peapod.start({ ...options(), timeoutMs: 1 }), { code: 'TimedOut' });
  assert.deepEqual(readdirSync(join(directory, 'root/ephemeral')), slots);
});

test('a kubeconfig leads to a server by HTTPS, with streams', async () => {
  await using other = await Peapod.connect({ kubeconfig: peapod.kubeconfig });
  assert.equal(other.url, peapod.url);
  const pod = await other.runContainer(IMAGE, {
    name: 'far',
    command: ['sh', '-c', 'echo there > /index.html; echo up; exec httpd -f -p 8080 -h /'],
    wait: Wait.forHttp({ port: 8080 }),
    timeoutMs: LONG_MS,
  });
  assert.equal((await pod.exec('tr a-z A-Z', { stdin: 'loud' })).stdout, 'LOUD');
  assert.deepEqual(await Array.fromAsync(pod.logs()), ['up']);
  const { port } = await pod.port(8080);
  assert.equal(await answer(port), 'there\n');
  await assert.rejects(other.images.list(), { code: 'Unsupported' });
  await other[Symbol.asyncDispose]();
  await assert.rejects(answer(port), { code: 'ECONNREFUSED' });
  await (await peapod.pod('far')).delete({ gracePeriodSeconds: 0 });
  await assert.rejects(Peapod.connect({ kubeconfig: join(directory, 'none') }), { code: 'NotFound' });
});

test('the server of a machine is found, lives on when nobody is connected, and is waited for through a restart', async () => {
  await using cluster = await startCluster();
  const { run } = cluster.peapod;
  await using server = await Peapod.connect({ runRoot: run });
  assert.ok(existsSync(server.kubeconfig));
  assert.ok(await server.images.has(IMAGE));
  const pod = await server.runContainer(IMAGE, {
    name: 'near',
    command: ['sh', '-c', 'echo near > /index.html; exec httpd -f -p 8080 -h /'],
    wait: Wait.forHttp({ port: 8080 }),
    timeoutMs: LONG_MS,
  });
  const { port } = await pod.port(8080);
  const states = pod.states()[Symbol.asyncIterator]();
  assert.equal((await states.next()).done, false);
  await cluster.kill();
  await assert.rejects(Peapod.connect({ runRoot: run }), { code: 'Unavailable' });
  await cluster.start();
  await cluster.kubectl('label', 'pod', 'near', 'seen=again');
  assert.equal((await states.next()).done, false, 'the pod is watched again');
  await states.return?.();
  assert.equal(
    await until('the port leads to the pod again', () => answer(port).catch(() => undefined)),
    'near\n',
  );
  await server[Symbol.asyncDispose]();
  assert.match(await cluster.kubectl('get', 'pod', 'near'), /Running/);
  await assert.rejects(Peapod.connect({ runRoot: join(directory, 'none') }), { code: 'FailedPrecondition' });
});
