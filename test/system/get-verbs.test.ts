/** `peapod get`, `events` and `top` against a server and without one. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { imageReference } from './support/images.ts';
import { type KubectlServer, startKubectlServer } from './support/kubectl-server.ts';
import { startPeapod, until } from './support/peapod.ts';

let server: KubectlServer;
before(async () => {
  server = await startKubectlServer();
  const image = [`--image=${imageReference('busybox')}`, '--image-pull-policy=Never'];
  await server.kubectl(
    'run',
    'web',
    ...image,
    '--labels=app=web',
    '--',
    'sh',
    '-c',
    'trap exit TERM; sleep 1000 & wait',
  );
  await server.kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=30s');
});
after(async () => {
  await server.kubectl('delete', 'pods', '--all', '--grace-period=1', '--timeout=30s');
  await server[Symbol.asyncDispose]();
});

const wordsOf = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replaceAll(/\b\d+s\b/g, 'AGE')
        .split(/ {2,}/),
    );

test('the names that there are complete a command line', async () => {
  const { peapod } = server;
  const completed = async (...words: string[]) =>
    (await peapod.succeed(['__complete', '--', ...words])).trim().split('\n').slice(0, -1);
  assert.deepEqual(await completed('logs', ''), ['web']);
  assert.deepEqual(await completed('logs', '-n', 'default', 'w'), ['web']);
  assert.deepEqual(await completed('logs', '-n', 'kube-system', ''), []);
  assert.deepEqual(await completed('exec', 'web', '-c', ''), ['web']);
  assert.deepEqual(await completed('get', 'pods/w'), ['pods/web']);
  assert.deepEqual(await completed('get', 'deploym'), ['deployments']);
  assert.deepEqual(await completed('logs', '-n', 'kube-n'), ['kube-node-lease']);
  assert.deepEqual(await completed('rmi', imageReference('busybox').slice(0, -2)), [
    imageReference('busybox'),
  ]);
});

test('get prints the tables that kubectl prints', async () => {
  const { peapod } = server;
  const kubectl = (...args: string[]) => server.kubectl(...args);
  for (const args of [
    ['pods'],
    ['pods', '-o', 'wide'],
    ['po,nodes'],
    ['pod/web'],
    ['ns'],
    ['pods', '-A'],
    ['deploy', '-A'],
  ])
    assert.deepEqual(
      wordsOf(await peapod.succeed(['get', ...args])),
      wordsOf(await kubectl('get', ...args)),
      args.join(' '),
    );
  assert.equal(
    await peapod.succeed(['get', 'pods,cm', '-o', 'name']),
    await kubectl('get', 'pods,cm', '-o', 'name'),
  );
  const pod = JSON.parse(await peapod.succeed(['get', 'pod', 'web', '-o', 'json'])) as object;
  assert.deepEqual(pod, JSON.parse(await kubectl('get', 'pod', 'web', '-o', 'json')));
  assert.equal(await peapod.succeed(['get', 'pods', '-l', 'app=other']), '');
});

test('bad words and names are said', async () => {
  const { peapod } = server;
  assert.match((await peapod.call(['get', 'frogs'])).stderr, /doesn't have a resource type "frogs"/);
  assert.match((await peapod.call(['get', 'pod', 'nobody'])).stderr, /pods "nobody" not found/);
});

test('get --watch and events --watch tell what happens', async () => {
  const { peapod } = server;
  const kubectl = (...args: string[]) => server.kubectl(...args);
  await using pods = peapod.start(['get', 'configmaps', '-w']);
  await using told = peapod.start(['events', '-w']);
  await pods.untilPrinted(/kube-root-ca\.crt|NAME/);
  await told.untilPrinted(/Started +Pod\/web/);
  await kubectl('create', 'configmap', 'fresh');
  await pods.untilPrinted(/^fresh +0/m);
  await kubectl(
    'run',
    'second',
    `--image=${imageReference('busybox')}`,
    '--image-pull-policy=Never',
    '--',
    'sleep',
    '1000',
  );
  await told.untilPrinted(/Started +Pod\/second/);
});

test('events are of the pod, and top has figures', async () => {
  const { peapod } = server;
  assert.match(
    await peapod.succeed(['events', 'web']),
    /^LAST SEEN +TYPE +REASON[^]*Normal +Scheduled +Pod\/web/,
  );
  assert.match(await peapod.succeed(['top', 'pods']), /^web +\d+m +\d+Mi$/m);
  assert.match(await peapod.succeed(['top', 'nodes']), /^\S+ +\d+m +\d+% +\d+Mi +\d+%$/m);
  assert.match(
    await peapod.succeed(['top', 'pods', '-A', '--containers', '--sort-by', 'memory']),
    /^NAMESPACE +POD +NAME +CPU\(cores\) +MEMORY\(bytes\)\n[^]*^default +web +web +\d+m +\d+Mi$/m,
  );
  const refused = await peapod.call(['top', 'nodes', '--containers']);
  assert.match(refused.stderr, /--containers is for pods/);
  await using usage = peapod.start(['top', 'pods', '--watch']);
  await usage.untilPrinted(/(?:^NAME +CPU[^\n]+\n(?:\S+ +\d+m +\d+Mi\n)+\n?){2}/m);
});

test('tree --watch shows the processes that there are each time', async () => {
  const { peapod } = server;
  await using trees = peapod.start(['tree', 'web', '--watch']);
  await trees.untilPrinted(/web─┬─infra─+pause[^]*\n\nweb─┬─infra/);
  assert.match(
    (await peapod.call(['tree', '--watch', '-o', 'json'])).stderr,
    /--watch goes with no --output/,
  );
});

test('logs and why say what a container waits for', async () => {
  const { peapod } = server;
  await server.kubectl(
    'run',
    'imageless',
    '--image=localhost:5000/peapod/nothing:1',
    '--image-pull-policy=Never',
  );
  await until('it waits', async () =>
    (await peapod.succeed(['get', 'pods'])).includes('ErrImageNeverPull') ? true : undefined,
  );
  const { code, stdout, stderr } = await peapod.call(['logs', 'imageless']);
  assert.deepEqual([code, stdout], [125, '']);
  const words = 'container "imageless" in pod "imageless" is waiting to start: ErrImageNeverPull';
  assert.equal(stderr, `peapod: ${words}\n  try: peapod why imageless\n`);
  assert.match((await server.call(['logs', 'imageless'])).stderr, new RegExp(words));
  assert.match(
    await peapod.succeed(['why', 'imageless']),
    /^imageless waits: ErrImageNeverPull: .*\nPod default\/imageless goes to /,
  );
});

test('the logs of a container that crashes again and again are those of its last instance', async () => {
  const { peapod } = server;
  const script = 'echo "$(( $(cat /n/n 2>/dev/null || echo 0) + 1 ))" | tee /n/m; mv /n/m /n/n; exit 1';
  const spec = {
    volumes: [{ name: 'n', emptyDir: {} }],
    containers: [
      {
        name: 'c',
        image: imageReference('busybox'),
        imagePullPolicy: 'Never',
        command: ['sh', '-c', script],
        volumeMounts: [{ name: 'n', mountPath: '/n' }],
      },
    ],
  };
  await server.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'crash' }, spec }]);
  await until('it was restarted twice', async () =>
    /crash .*CrashLoopBackOff +2/.test(await peapod.succeed(['get', 'pods'])) ? true : undefined,
  );
  for (const more of [[], ['--previous']]) {
    assert.equal(await peapod.succeed(['logs', 'crash', ...more]), '3\n');
    assert.equal(await server.kubectl('logs', 'crash', ...more), '3\n');
  }
});

test('--watch ends with a line of its own when the server goes', async () => {
  const { peapod } = server;
  await using pods = peapod.start(['get', 'pods', '-w']);
  await using told = peapod.start(['events', '-w']);
  await pods.untilPrinted(/^web /m);
  await told.untilPrinted(/Started +Pod\/web/);
  await server.restart();
  for (const watching of [pods, told]) {
    const { code, stderr } = await watching.ended();
    assert.deepEqual([code, stderr], [125, 'peapod: the server has gone\n']);
  }
});

test('without a server pods are those of run, and anything else says so', async () => {
  await using peapod = await startPeapod();
  assert.match(await peapod.succeed(['get', 'pods']), /^NAME +READY +STATUS/);
  assert.match((await peapod.call(['get', 'nodes'])).stderr, /no server runs here/);
  assert.match((await peapod.call(['top', 'pods'])).stderr, /no server runs here/);
});
