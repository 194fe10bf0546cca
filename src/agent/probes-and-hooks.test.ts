import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Probe } from '../model/api/types.ts';
import { container, FakeNode } from './testing/fake-node.ts';

const EXEC: Probe = { exec: { command: ['check'] }, periodSeconds: 5 };

test('a failing liveness probe restarts the container after failureThreshold', async () => {
  let healthy = true;
  await using node = new FakeNode({ exec: () => (healthy ? 0 : 1) });
  await node.run({
    containers: [
      container('main', {
        livenessProbe: { ...EXEC, failureThreshold: 2, terminationGracePeriodSeconds: 7 },
      }),
    ],
  });
  await node.clock.advance(20_000);
  assert.deepEqual(node.started(), ['main#0']);
  healthy = false;
  await node.clock.advance(6000);
  assert.deepEqual(node.started(), ['main#0']);
  await node.clock.advance(5000);
  assert.deepEqual(node.started(), ['main#0', 'main#1']);
  assert.ok(node.runtime.journal.includes('stop main#0 7000'));
  assert.ok(node.eventTexts().includes('Killing: Container main failed liveness probe, will be restarted'));
  const unhealthy = node.eventTexts().filter((text) => text.startsWith('Unhealthy: Liveness probe failed'));
  assert.equal(unhealthy.length, 3, 'two of the first instance, and one of the second');
  healthy = true;
  await node.clock.advance(60_000);
  assert.deepEqual(node.started(), ['main#0', 'main#1'], 'the new instance is probed anew');
});

test('readiness decides on Ready and restarts nothing', async () => {
  let ready = false;
  await using node = new FakeNode({ exec: () => (ready ? 0 : 1) });
  await node.run({
    containers: [container('main', { readinessProbe: { ...EXEC, initialDelaySeconds: 3 } })],
  });
  await node.clock.advance(4000);
  assert.equal(node.status('main').ready, false);
  const condition = node.pod().status?.conditions?.find(({ type }) => type === 'Ready');
  assert.equal(condition?.reason, 'ContainersNotReady');
  assert.equal(condition?.message, 'containers with unready status: [main]');
  ready = true;
  await node.clock.advance(5000);
  assert.equal(node.status('main').ready, true);
  assert.deepEqual(node.started(), ['main#0']);
});

test('nothing else is probed before the startup probe has succeeded', async () => {
  const asked: string[] = [];
  let up = false;
  await using node = new FakeNode({
    exec: (_, [command = '']) => {
      asked.push(command);
      return command === 'start' && !up ? 1 : 0;
    },
  });
  await node.run({
    containers: [
      container('main', {
        startupProbe: { exec: { command: ['start'] }, periodSeconds: 1, failureThreshold: 10 },
        livenessProbe: { exec: { command: ['live'] }, periodSeconds: 1 },
      }),
    ],
  });
  await node.clock.advance(3500);
  assert.equal(node.status('main').started, false);
  assert.deepEqual([...new Set(asked)], ['start']);
  up = true;
  await node.clock.advance(1000);
  assert.equal(node.status('main').started, true);
  asked.length = 0;
  await node.clock.advance(3000);
  assert.deepEqual([...new Set(asked)], ['live']);
});

test('a startup probe that never succeeds has the container restarted', async () => {
  await using node = new FakeNode({ exec: () => 1 });
  await node.run({ containers: [container('main', { startupProbe: { ...EXEC, failureThreshold: 3 } })] });
  await node.clock.advance(11_000);
  assert.ok(node.eventTexts().includes('Killing: Container main failed startup probe, will be restarted'));
  assert.deepEqual(node.started(), ['main#0', 'main#1']);
});

test('probes go to the address of the pod and to named ports', async () => {
  const targets: unknown[] = [];
  await using node = new FakeNode({
    deps: {
      dialer: {
        http: async ({ host, port, path, scheme }) => {
          targets.push([scheme, host, port, path]);
          return { status: 500, body: '' };
        },
        tcp: async ({ host, port }) => {
          targets.push(['tcp', host, port]);
          throw new Error('dial tcp: connect: connection refused');
        },
        grpc: () => Promise.resolve('NOT_SERVING'),
      },
    },
  });
  const ports = [{ name: 'web', containerPort: 8080 }];
  await node.run({
    containers: [
      container('a', {
        ports,
        readinessProbe: { httpGet: { port: 'web', path: 'health', scheme: 'HTTPS' } },
      }),
      container('b', { ports, readinessProbe: { tcpSocket: { port: 'web' } } }),
      container('c', { readinessProbe: { grpc: { port: 9000 } } }),
      container('d', { readinessProbe: { tcpSocket: { port: 'nope' } } }),
    ],
  });
  await node.clock.advance(100);
  assert.deepEqual(targets, [
    ['https', '10.0.0.2', 8080, '/health'],
    ['tcp', '10.0.0.2', 8080],
  ]);
  await node.clock.advance(500);
  for (const text of [
    'Readiness probe failed: HTTP probe failed with statuscode: 500',
    'Readiness probe failed: dial tcp: connect: connection refused',
    'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")',
    'Readiness probe errored and resulted in unknown state: unable to find named port "nope"',
  ]) {
    assert.ok(node.eventTexts().includes(`Unhealthy: ${text}`), text);
  }
});

const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const WEB: Probe = { httpGet: { port: 8080 }, periodSeconds: 10 };

/** A server that listens after so long, counting who came. */
function lateServer(clock: () => number, listensAt: number, status = 200) {
  const served: number[] = [];
  const http = async () => {
    if (clock() < listensAt) throw new Error('dial tcp: connect: connection refused', { cause: refused });
    served.push(clock());
    return { status, body: '' };
  };
  const tcp = () => Promise.resolve();
  return { served, dialer: { http, tcp, grpc: () => Promise.resolve('SERVING' as const) } };
}

test('a container that listens a moment after its first probe is ready a moment later', async () => {
  let now = (): number => 0;
  const { served, dialer } = lateServer(() => now(), 0);
  await using node = new FakeNode({ deps: { dialer } });
  const begun = node.clock.now();
  now = () => node.clock.now() - begun - 300;
  await node.run({ containers: [container('main', { readinessProbe: WEB, livenessProbe: WEB })] });
  await node.clock.advance(299);
  assert.equal(node.status('main').ready, false);
  await node.clock.advance(101);
  assert.equal(node.status('main').ready, true);
  const early = node.eventTexts().filter((text) => text.startsWith('Unhealthy'));
  assert.deepEqual(early, [], 'nobody has been refused for a whole period');
  assert.equal(served.length, 2, 'each probe has been answered once');
  await node.clock.advance(9000);
  assert.equal(served.length, 2);
  await node.clock.advance(2000);
  assert.equal(served.length, 4);
});

test('one that answers badly is not asked again before its time, and one that never listens is told of each period', async () => {
  const bad = lateServer(() => 1, 0, 503);
  await using answering = new FakeNode({ deps: { dialer: bad.dialer } });
  await answering.run({ containers: [container('main', { readinessProbe: WEB })] });
  await answering.clock.advance(9000);
  assert.equal(bad.served.length, 1);

  const deaf = lateServer(() => 0, 1);
  await using silent = new FakeNode({ deps: { dialer: deaf.dialer } });
  await silent.run({ containers: [container('main', { readinessProbe: WEB })] });
  await silent.clock.advance(30_500);
  const told = silent.eventTexts().filter((text) => text.startsWith('Unhealthy: Readiness'));
  assert.equal(told.length, 3);
});

test('a probe of a port where nobody listens gives up when it would have anyway', async () => {
  const deaf = lateServer(() => 0, 1);
  for (const kind of ['startupProbe', 'livenessProbe']) {
    await using node = new FakeNode({ deps: { dialer: deaf.dialer } });
    await node.run({ containers: [container('main', { [kind]: { ...WEB, failureThreshold: 3 } })] });
    await node.clock.advance(19_900);
    assert.deepEqual(node.started(), ['main#0'], kind);
    await node.clock.advance(1000);
    assert.deepEqual(node.started(), ['main#0', 'main#1'], kind);
  }
});

test('a container counts as started after its postStart hook', async () => {
  const hook = Promise.withResolvers<number>();
  await using node = new FakeNode({ exec: () => hook.promise });
  await node.run({
    containers: [container('main', { lifecycle: { postStart: { exec: { command: ['hook'] } } } })],
  });
  await node.clock.advance(100);
  assert.equal(node.status('main').state?.waiting?.reason, 'ContainerCreating');
  hook.resolve(0);
  await node.clock.settle();
  assert.ok(node.status('main').state?.running);
});

test('a failing postStart hook kills the container', async () => {
  await using node = new FakeNode({ exec: () => 1 });
  await node.run({
    restartPolicy: 'Never',
    containers: [container('main', { lifecycle: { postStart: { exec: { command: ['hook'] } } } })],
  });
  await node.clock.settle();
  assert.ok(node.eventTexts().includes('FailedPostStartHook: PostStartHook failed'));
  assert.ok(node.eventTexts().includes('Killing: FailedPostStartHook'));
  assert.equal(node.pod().status?.phase, 'Failed');
});

test('a container whose postStart hook fails gets its preStop hook and its grace', async () => {
  await using node = new FakeNode({ exec: () => 1, script: () => ({ ignoresStop: true }) });
  const lifecycle = {
    postStart: { exec: { command: ['hook', 'now'] } },
    preStop: { sleep: { seconds: 4 } },
  };
  await node.run({
    terminationGracePeriodSeconds: 10,
    containers: [container('main', { lifecycle })],
  });
  await node.clock.advance(11_000);
  const stops = node.runtime.journal.filter((line) => line.startsWith('stop '));
  assert.equal(stops[0], 'stop main#0 6000');
});

test('preStop runs inside the grace period, and 2 seconds are left after it', async () => {
  await using node = new FakeNode({ script: () => ({ ignoresStop: true }) });
  await node.run({
    terminationGracePeriodSeconds: 10,
    containers: [
      container('short', { lifecycle: { preStop: { sleep: { seconds: 4 } } } }),
      container('long', { lifecycle: { preStop: { sleep: { seconds: 60 } } } }),
    ],
  });
  await node.client.deletePod('default', 'web');
  await node.clock.advance(15_000);
  const stops = node.runtime.journal.filter((line) => line.startsWith('stop '));
  assert.deepEqual(stops.slice(0, 2), ['stop short#0 6000', 'stop long#0 2000']);
  assert.equal(node.client.pods.size, 0);
});

test('a failing preStop hook is told of and stops nothing', async () => {
  await using node = new FakeNode({ exec: () => 7 });
  await node.run({
    containers: [container('main', { lifecycle: { preStop: { exec: { command: ['bye'] } } } })],
  });
  await node.client.deletePod('default', 'web');
  await node.clock.advance(1000);
  assert.ok(node.eventTexts().includes('FailedPreStopHook: PreStopHook failed'));
  assert.equal(node.client.pods.size, 0);
});

test('deletion without grace runs no hook and kills at once', async () => {
  let hooks = 0;
  await using node = new FakeNode({
    exec: () => {
      hooks++;
      return 0;
    },
  });
  await node.run({
    containers: [container('main', { lifecycle: { preStop: { exec: { command: ['bye'] } } } })],
  });
  await node.client.deletePod('default', 'web', { gracePeriodSeconds: 0 });
  await node.clock.settle();
  assert.equal(hooks, 0);
  assert.ok(node.runtime.journal.includes('stop main#0 0'));
  assert.equal(node.client.pods.size, 0);
});

test('a probe that rested counts what ended its rest as the first failure', async () => {
  const over = Promise.withResolvers<void>();
  let asked = 0;
  let status = 200;
  const http = async () => {
    asked += 1;
    return { status, body: '' };
  };
  await using node = new FakeNode({
    deps: {
      dialer: {
        http,
        tcp: () => Promise.resolve(),
        grpc: () => Promise.resolve('SERVING'),
        rest: async () => {
          await over.promise;
          return { beganAt: node.clock.now(), dialer: { http, tcp: () => Promise.resolve() } };
        },
      },
    },
  });
  const readinessProbe: Probe = { httpGet: { path: '/', port: 80 }, periodSeconds: 5, failureThreshold: 2 };
  await node.run({ containers: [container('main', { readinessProbe })] });
  await node.clock.advance(60_000);
  assert.equal(asked, 1);
  assert.equal(node.status('main').ready, true);
  status = 503;
  over.resolve();
  await node.clock.advance(4000);
  assert.equal(asked, 2);
  assert.equal(node.status('main').ready, true);
  await node.clock.advance(2000);
  assert.equal(asked, 3);
  assert.equal(node.status('main').ready, false);
  const unhealthy = node.eventTexts().filter((text) => text.startsWith('Unhealthy'));
  assert.deepEqual(
    new Set(unhealthy),
    new Set(['Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503']),
  );
});
