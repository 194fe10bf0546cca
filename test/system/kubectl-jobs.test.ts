/** Jobs and cron jobs of `peapod serve`, with kubectl and real pods. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { imageReference } from './support/images.ts';
import { type RunningPeapod, startPeapod, type TestPeapod } from './support/peapod.ts';

const IMAGE = imageReference('busybox');

let peapod: TestPeapod;
let server: RunningPeapod;
let kubeconfig: string;

before(async () => {
  peapod = await startPeapod();
  await peapod.load('busybox');
  server = peapod.start(['serve', '--listen', '127.0.0.1:0']);
  await server.untilPrinted(/Node \S+ is ready/);
  kubeconfig = join(peapod.directory, 'kubeconfig');
  await writeFile(kubeconfig, await peapod.succeed(['kubeconfig']));
});
after(async () => {
  await kubectl('delete', 'cronjobs,jobs,pods', '--all', '--timeout=40s');
  await server[Symbol.asyncDispose]();
  await peapod[Symbol.asyncDispose]();
});

function kubectl(...args: string[]): Promise<string> {
  return withInput('', ...args);
}

function withInput(input: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, KUBECONFIG: kubeconfig };
    const child = execFile('kubectl', args, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`kubectl ${args.join(' ')}: ${stdout}${stderr}`));
    });
    child.stdin?.end(input);
  });
}

function jobNamed(name: string, command: string, spec: object = {}): string {
  const container = { name: 'c', image: IMAGE, imagePullPolicy: 'Never', command: ['sh', '-c', command] };
  return JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      ...spec,
      template: {
        spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [container] },
      },
    },
  });
}

test('a job runs to its end, tells what it printed, and takes its pods with it', async () => {
  await kubectl('create', 'job', 'hello', `--image=${IMAGE}`, '--', 'echo', 'hello');
  await kubectl('wait', '--for=condition=complete', 'job/hello', '--timeout=40s');
  assert.equal(await kubectl('logs', 'job/hello'), 'hello\n');
  assert.match(await kubectl('get', 'job', 'hello'), /hello +Complete +1\/1/);
  const description = await kubectl('describe', 'job', 'hello');
  assert.match(description, /SuccessfulCreate .* Created pod: hello-/);
  assert.match(description, /Completed .* Job completed/);
  await kubectl('delete', 'job', 'hello', '--cascade=foreground', '--timeout=40s');
  assert.equal(await kubectl('get', 'pods', '-l', 'job-name=hello', '-o', 'name'), '');
});

test('each pod of an indexed job does its part', async () => {
  const command = 'echo $JOB_COMPLETION_INDEX on $(hostname)';
  const spec = { completionMode: 'Indexed', completions: 3, parallelism: 2 };
  await withInput(jobNamed('parts', command, spec), 'apply', '-f', '-');
  await kubectl('wait', '--for=condition=complete', 'job/parts', '--timeout=50s');
  const logs = await kubectl('logs', '-l', 'job-name=parts');
  assert.deepEqual(logs.trim().split('\n').sort(), ['0 on parts-0', '1 on parts-1', '2 on parts-2']);
  assert.equal(await kubectl('get', 'job', 'parts', '-o', 'jsonpath={.status.completedIndexes}'), '0-2');
});

test('a job that fails is tried again and then given up', async () => {
  await withInput(jobNamed('bad', 'exit 3', { backoffLimit: 1 }), 'apply', '-f', '-');
  await kubectl('wait', '--for=condition=failed', 'job/bad', '--timeout=50s');
  const path = '{.status.failed} {.status.conditions[?(@.type=="Failed")].reason}';
  assert.equal(await kubectl('get', 'job', 'bad', '-o', `jsonpath=${path}`), '2 BackoffLimitExceeded');
  const pods = await kubectl('get', 'pods', '-l', 'job-name=bad', '-o', 'name');
  assert.equal(pods.trim().split('\n').length, 2);
});

test('a finished job goes by itself when it is told to', async () => {
  await withInput(jobNamed('brief', 'true', { ttlSecondsAfterFinished: 2 }), 'apply', '-f', '-');
  await kubectl('wait', '--for=condition=complete', 'job/brief', '--timeout=40s');
  await kubectl('wait', '--for=delete', 'job/brief', '--timeout=40s');
  assert.equal(await kubectl('get', 'pods', '-l', 'job-name=brief', '-o', 'name'), '');
});

test('a cron job is listed, and run by hand', async () => {
  const args = [`--image=${IMAGE}`, '--schedule=@yearly', '--', 'echo', 'now'];
  await kubectl('create', 'cronjob', 'rare', ...args);
  assert.match(await kubectl('get', 'cronjobs'), /rare +@yearly +<none> +False +0 +<none>/);
  await kubectl('create', 'job', 'by-hand', '--from=cronjob/rare');
  await kubectl('wait', '--for=condition=complete', 'job/by-hand', '--timeout=40s');
  assert.equal(await kubectl('logs', 'job/by-hand'), 'now\n');
});

test('a cron job runs by itself when its time comes', async () => {
  const args = [`--image=${IMAGE}`, '--schedule=@every 2s', '--', 'echo', 'tick'];
  await kubectl('create', 'cronjob', 'often', ...args);
  const path = 'jsonpath={.status.lastSuccessfulTime}';
  await kubectl('wait', `--for=${path}`, 'cronjob/often', '--timeout=40s');
  await kubectl('patch', 'cronjob', 'often', '-p', '{"spec":{"suspend":true}}');
  const names = await kubectl('get', 'jobs', '-o', 'name');
  const name = names.split('\n').find((one) => one.startsWith('job.batch/often-')) ?? '';
  assert.match(name, /often-[0-9]{8}$/);
  assert.equal(await kubectl('logs', name.replace('.batch', '')), 'tick\n');
  assert.match(await kubectl('describe', 'cronjob', 'often'), /SuccessfulCreate .* Created job often-/);
});

test('the example runs', async () => {
  const text = await readFile(join(import.meta.dirname, '../../examples/job.yaml'), 'utf8');
  await withInput(text.replaceAll('busybox:1.36', IMAGE), 'apply', '-f', '-');
  await kubectl('wait', '--for=condition=complete', 'job/squares', '--timeout=50s');
  assert.match(await kubectl('logs', '-l', 'job-name=squares'), /3 squared is 9/);
});
