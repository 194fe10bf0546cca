/** A test with a real pod: a web server and a client beside it, files, logs, ports and events. */
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { isPeapodError, Peapod, Wait } from 'peapod';

const IMAGE = process.env['IMAGE'] ?? 'docker.io/library/busybox:1.37';

const WEB = `
apiVersion: v1
kind: ConfigMap
metadata: { name: pages }
data: { index.html: hello }
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  volumes:
    - { name: pages, configMap: { name: pages } }
  containers:
    - name: server
      image: ${IMAGE}
      command: [sh, -c, 'echo serving; exec httpd -f -v -p 8080 -h /pages']
      volumeMounts: [{ name: pages, mountPath: /pages }]
    - name: client
      image: ${IMAGE}
      command: [sh, -c, 'trap exit TERM; while :; do wget -qO- http://localhost:8080/ && echo; sleep 1; done']
`;

test('a pod of two containers serves its pages', async () => {
  await using peapod = await Peapod.start();
  if (process.env['IMAGE_ARCHIVE']) await peapod.images.load(process.env['IMAGE_ARCHIVE']);

  const web = await peapod.run(WEB, { wait: Wait.forHttp({ port: 8080 }), timeoutMs: 120_000 });

  const { address } = await web.port(8080);
  assert.equal(await (await fetch(`http://${address}/`)).text(), 'hello');
  assert.equal(await (await fetch(`http://${await web.ip()}:8080/`)).text(), 'hello');

  await web.waitFor(Wait.forLog('hello', { container: 'client', times: 2 }));
  for await (const line of web.logs({ container: 'server', follow: true })) {
    assert.equal(line, 'serving');
    break;
  }

  const { exitCode, stdout } = await web.exec(['cat', '/pages/index.html'], { container: 'server' });
  assert.deepEqual({ exitCode, stdout }, { exitCode: 0, stdout: 'hello' });
  assert.equal((await web.exec('exit 3')).exitCode, 3);
  assert.equal((await web.exec('tr a-z A-Z', { stdin: 'loud' })).stdout, 'LOUD');

  await web.writeFile('/tmp/greeting.txt', 'good day', { mode: 0o600 });
  assert.equal((await web.readFile('/tmp/greeting.txt')).toString(), 'good day');
  await web.copyIn(import.meta.filename, '/tmp/itself.ts');
  await web.copyOut('/tmp/itself.ts', '/tmp/peapod-example-copy.ts');
  assert.deepEqual(await readFile('/tmp/peapod-example-copy.ts'), await readFile(import.meta.filename));
  await rm('/tmp/peapod-example-copy.ts');
  assert.match(
    (await web.exec('ls -l /tmp/greeting.txt /tmp/itself.ts')).stdout,
    /^-rw-------[^]*\/tmp\/itself\.ts/,
  );

  const reasons = (await web.events()).map(({ reason }) => reason);
  assert.ok(reasons.includes('Started'), reasons.join());
});

test('what cannot start is told with all that is known of it', async () => {
  await using peapod = await Peapod.start();
  if (process.env['IMAGE_ARCHIVE']) await peapod.images.load(process.env['IMAGE_ARCHIVE']);
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'wrong' },
    spec: {
      restartPolicy: 'Never',
      containers: [
        {
          name: 'main',
          image: IMAGE,
          command: ['sh', '-c', 'echo no configuration; exit 7'],
          readinessProbe: { exec: { command: ['false'] } },
        },
      ],
    },
  };
  await assert.rejects(peapod.run(pod), (error) => {
    assert.ok(isPeapodError(error, 'FailedPrecondition'));
    assert.match(
      error.message,
      /^pod "wrong" is not ready: it has ended\nphase: Failed\ncontainer main: Error, exit code 7\n {2}\| no configuration/,
    );
    return true;
  });
});
