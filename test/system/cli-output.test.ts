/** What the verbs print in each format, with the program as users run it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { withoutPrograms } from './support/hide-programs.ts';
import { startPeapod, type TestPeapod } from './support/peapod.ts';

let peapod: TestPeapod;
before(async () => {
  peapod = await startPeapod();
  await peapod.load('busybox');
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image: 'localhost:5000/peapod/busybox:1',
          imagePullPolicy: 'Never',
          command: ['sleep', '1000'],
        },
      ],
    },
  };
  await peapod.succeed(['run', '--detach', '-f', await peapod.manifest(pod)]);
});
after(() => peapod[Symbol.asyncDispose]());

test('ps, images and inspect print JSON and YAML of the same things', async () => {
  for (const verb of [['ps'], ['images'], ['inspect', 'web']]) {
    const json: unknown = JSON.parse(await peapod.succeed([...verb, '-o', 'json']));
    const yaml: unknown = parse(await peapod.succeed([...verb, '-o', 'yaml']));
    assert.deepEqual(yaml, json, verb.join(' '));
  }
});

test('ps prints names, a table, and more of it when wide', async () => {
  assert.equal(await peapod.succeed(['ps', '-o', 'name']), 'pod/web\n');
  assert.match(
    await peapod.succeed(['ps']),
    /^NAME +READY +STATUS +RESTARTS +AGE +IP\nweb +1\/1 +Running +0 /,
  );
  assert.match(await peapod.succeed(['ps', '-o', 'wide']), /CONTAINERS +IMAGES +UID\n/);
  assert.equal(await peapod.succeed(['ps', '-l', 'app!=web', '-o', 'name']), '');
});

test('an unknown format is refused by every verb that prints a table', async () => {
  for (const verb of [['ps'], ['images'], ['inspect', 'web'], ['tree'], ['system', 'doctor']]) {
    const { code, stderr } = await peapod.call([...verb, '-o', 'xml']);
    assert.equal(code, 125, verb.join(' '));
    assert.match(stderr, /invalid output format "xml"/, verb.join(' '));
  }
});

test('describe and explain speak as kubectl does', async () => {
  assert.match(await peapod.succeed(['describe', 'web']), /^Name: +web\n[\s\S]*\nEvents:\n/);
  assert.match(
    await peapod.succeed(['explain', 'pod.spec.containers.image']),
    /^KIND: +Pod\n[\s\S]*honoured/,
  );
});

test('where crun cannot be used, runc is by itself, and that is said once', async () => {
  const options = { wrapper: withoutPrograms('crun') };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'slow' },
    spec: {
      restartPolicy: 'Never',
      containers: [
        { name: 'a', image: 'localhost:5000/peapod/busybox:1', imagePullPolicy: 'Never', command: ['true'] },
      ],
    },
  };
  const file = await peapod.manifest(pod);
  const first = await peapod.call(['run', '--rm', '-f', file], options);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /Warning: using runc: crun is not installed/);
  const second = await peapod.call(['run', '--rm', '-f', file], options);
  assert.doesNotMatch(second.stderr, /runc/);
});
