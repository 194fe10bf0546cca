/** Fields about the life of a pod, with real processes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Container, ContainerStatus, Pod, PodSpec } from '../../src/model/api/types.ts';
import { BUSYBOX, fieldPod } from './support/field-pod.ts';
import { startPeapod, type TestPeapod, until } from './support/peapod.ts';

let peapod: TestPeapod;
before(async () => {
  peapod = await startPeapod();
  await peapod.load('busybox');
});
after(() => peapod[Symbol.asyncDispose]());

async function podNamed(name: string): Promise<Pod> {
  const { items } = JSON.parse(await peapod.succeed(['ps', '-o', 'json'])) as { items: Pod[] };
  return items.find(({ metadata }) => metadata?.name === name) ?? assert.fail(`no pod ${name}`);
}

async function statusOf(name: string): Promise<ContainerStatus> {
  return (await podNamed(name)).status?.containerStatuses?.[0] ?? assert.fail(`${name} has no status`);
}

async function start(
  name: string,
  script: string,
  container: Partial<Container>,
  spec: Partial<PodSpec> = {},
): Promise<void> {
  const pod = fieldPod({ name, script, container, spec: { restartPolicy: 'Always', ...spec } });
  await peapod.succeed(['run', '--detach', '-f', await peapod.manifest(pod)]);
}

async function remove(name: string): Promise<void> {
  await peapod.succeed(['rm', '--force', '--time', '0', name]);
}

const QUICK = {
  periodSeconds: 1,
  timeoutSeconds: 1,
  failureThreshold: 1,
  successThreshold: 1,
  initialDelaySeconds: 0,
};

test('startup, readiness and liveness probes of all kinds: the pod is ready when they succeed', async () => {
  const script = 'httpd -p 8080 -h /etc; touch /started; sleep 1000';
  await start('probed', script, {
    ports: [{ name: 'web', containerPort: 8080 }],
    startupProbe: { ...QUICK, failureThreshold: 30, exec: { command: ['test', '-e', '/started'] } },
    readinessProbe: {
      ...QUICK,
      httpGet: { path: '/hostname', port: 'web', scheme: 'HTTP', httpHeaders: [{ name: 'X', value: 'y' }] },
    },
    livenessProbe: { ...QUICK, tcpSocket: { port: 8080 } },
  });
  await until('the pod is ready', async () => ((await statusOf('probed')).ready ? true : undefined));
  await peapod.succeed(['exec', 'probed', '--', 'killall', 'httpd']);
  const restarted = await until('the liveness probe restarts it', async () => {
    const status = await statusOf('probed');
    return status.restartCount > 0 ? status : undefined;
  });
  assert.equal(restarted.lastState?.terminated?.exitCode, 137);
  await remove('probed');
});

test('a grpc probe is asked of the port, and its failure restarts within its own grace period', async () => {
  await start('grpc', 'nc -ll -p 9000 -e true & sleep 1000', {
    livenessProbe: { ...QUICK, grpc: { port: 9000, service: 'health' }, terminationGracePeriodSeconds: 1 },
  });
  await until('the probe restarts it', async () =>
    (await statusOf('grpc')).restartCount > 0 ? true : undefined,
  );
  assert.match(await peapod.succeed(['describe', 'grpc']), /Unhealthy.*[Ll]iveness probe failed/);
  await remove('grpc');
});

test('postStart and preStop run in the container, and preStop may sleep or ask a server', async () => {
  const scripts = 'trap "cat /hooks; exit 0" TERM; httpd -p 8080 -h /; while true; do sleep 0.1; done';
  const lifecycles = {
    exec: {
      postStart: { exec: { command: ['sh', '-c', 'echo started >> /hooks'] } },
      preStop: { exec: { command: ['sh', '-c', 'echo stopping >> /hooks'] } },
    },
    sleep: { postStart: { sleep: { seconds: 0 } }, preStop: { sleep: { seconds: 1 } } },
    http: {
      preStop: {
        httpGet: {
          path: '/etc/hostname',
          port: 8080,
          httpHeaders: [{ name: 'X', value: 'y' }],
          scheme: 'HTTP',
        },
      },
    },
  };
  for (const [name, lifecycle] of Object.entries(lifecycles)) {
    await start(name, scripts, { lifecycle }, { terminationGracePeriodSeconds: 10 });
    const begin = performance.now();
    await peapod.succeed(['stop', name]);
    const logs = await peapod.call(['logs', name]);
    if (name === 'exec') assert.equal(logs.stdout, 'started\nstopping\n');
    if (name === 'sleep') assert.ok(performance.now() - begin >= 1000);
    const events = await peapod.succeed(['describe', name]);
    assert.doesNotMatch(events, /FailedPreStopHook|FailedPostStartHook/);
    await remove(name);
  }
});

test('terminationMessagePath and terminationMessagePolicy tell why a container ended', async () => {
  const run = async (
    name: string,
    script: string,
    container: Partial<Container>,
  ): Promise<string | undefined> => {
    const file = await peapod.manifest(fieldPod({ name, script, container }));
    await peapod.call(['run', '--no-logs', '-f', file]);
    const message = (await statusOf(name)).state?.terminated?.message;
    await remove(name);
    return message;
  };
  assert.equal(
    await run('path', 'echo because > /dev/why; exit 3', { terminationMessagePath: '/dev/why' }),
    'because\n',
  );
  const policy = { terminationMessagePolicy: 'FallbackToLogsOnError' };
  assert.equal(await run('policy', 'echo from the log; exit 3', policy), 'from the log\n');
});

test('activeDeadlineSeconds fails the pod', async () => {
  const file = await peapod.manifest(
    fieldPod({ name: 'late', script: 'sleep 1000', spec: { activeDeadlineSeconds: 4 } }),
  );
  await peapod.call(['run', '--no-logs', '-f', file]);
  assert.equal((await podNamed('late')).status?.reason, 'DeadlineExceeded');
  await remove('late');
});

test('an ephemeral container joins, with the command, streams and target that it is given', async () => {
  await start('debugged', 'exec sleep 1234', {});
  const output = await peapod.succeed(
    [
      'debug',
      'debugged',
      '--image',
      BUSYBOX,
      '-c',
      'look',
      '--target',
      'main',
      '-i',
      '--',
      'sh',
      '-c',
      'cat; cat /proc/1/cmdline | tr "\\0" " "',
    ],
    { input: 'typed\n' },
  );
  assert.match(output, /typed/);
  assert.match(output, /sleep 1234/);
  const [ephemeral] = (await podNamed('debugged')).status?.ephemeralContainerStatuses ?? [];
  assert.equal(ephemeral?.name, 'look');
  await remove('debugged');
});
