/** Pods without a server, when the process that would keep them cannot begin. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startPeapod, type TestPeapod } from './support/peapod.ts';

let peapod: TestPeapod;
before(async () => {
  peapod = await startPeapod();
  await peapod.load('busybox');
});
after(() => peapod[Symbol.asyncDispose]());

function pod(name: string): object {
  const container = {
    name: 'main',
    image: 'localhost:5000/peapod/busybox:1',
    imagePullPolicy: 'Never',
    command: ['sleep', '1000'],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 0, containers: [container] },
  };
}

for (const [flags, fault] of [
  [['--detach'], 'fail@lock <run>/locks/container-<id>#1:EPERM'],
  [[], 'fail@lock <run>/locks/sandbox-<id>#1:EPERM'],
] as const) {
  test(`${['run', ...flags].join(' ')} that cannot clear up says why and leaves nothing of its own`, async () => {
    await peapod.succeed(['run', '--detach', '-f', await peapod.manifest(pod('other'))]);
    // Of the pod that is there, which has another keeper.
    const { code, stderr } = await peapod.call(['run', ...flags, '-f', await peapod.manifest(pod('late'))], {
      env: { PEAPOD_FAULT: fault.replace('<run>', peapod.run) },
      timeoutMs: 20_000,
    });
    assert.equal(code, 125, stderr);
    assert.match(stderr, /^peapod: cannot take away what killed processes left: EPERM/);
    assert.doesNotMatch(stderr, /bug in peapod/);
    const names = await peapod.succeed(['ps', '-o', 'name']);
    assert.deepEqual(names.trim().split('\n'), ['pod/other']);
    await peapod.succeed(['rm', '-f', 'other']);
  });
}
