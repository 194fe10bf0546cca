/** `peapod serve` on another runtime: Debian's containerd runs the pods of the rsyslogd example. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ImageService, RuntimeService } from '../../src/cri/api/runtime_pb.ts';
import { openGrpcConnection } from '../../src/cri/grpc/grpc-client.ts';
import { startCluster, type TestCluster } from './support/cluster.ts';
import { startContainerd, type TestContainerd } from './support/containerd.ts';
import { pushImageArchive } from './support/images.ts';
import { cgroupDirectory, cgroupValue, MEMORY_LIMIT, namespacesOf } from './support/kernel-view.ts';
import { until } from './support/peapod.ts';
import { freePort, startRegistry, type TestRegistry } from './support/registry.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/rsyslogd/pod.yaml');
const SERVER = 'mkdir /www; echo served >/www/index.html; exec httpd -f -p 8080 -h /www';
const CONTAINERS = ['main', 'imklog', 'imuxsock'];

describe('rsyslogd on containerd', () => {
  let registry: TestRegistry;
  let containerd: TestContainerd;
  let cluster: TestCluster;
  let busybox = '';

  before(async () => {
    registry = await startRegistry();
    containerd = await startContainerd(registry);
    cluster = await startCluster({ args: ['--runtime-endpoint', containerd.endpoint] });
    busybox = await pushImageArchive(registry, 'busybox');
    const image = await pushImageArchive(registry, 'rsyslogd');
    const manifest = await readFile(EXAMPLE, 'utf8');
    await cluster.apply(manifest.replaceAll('localhost:5000/peapod/rsyslogd:8', image));
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/rsyslogd', '--timeout=60s');
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await containerd?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
  });

  /** As the runtime itself tells: name to PID. */
  const processes = async (): Promise<Record<string, number>> => {
    using connection = openGrpcConnection({ path: containerd.endpoint.slice('unix://'.length) });
    const runtime = connection.service(RuntimeService);
    const { containers } = await runtime.listContainers({
      filter: { labelSelector: { 'io.kubernetes.pod.name': 'rsyslogd' }, state: { state: 1 } },
    });
    const found = containers.map(async ({ id, metadata }) => {
      const { info } = await runtime.containerStatus({ containerId: id, verbose: true });
      return [metadata?.name ?? '', (JSON.parse(info['info'] ?? '{}') as { pid: number }).pid];
    });
    return Object.fromEntries(await Promise.all(found));
  };
  const inContainer = (name: string, ...command: string[]) =>
    cluster.kubectl('exec', '-c', name, 'rsyslogd', '--', ...command);

  test('a message goes through all three containers, over socket, network and volumes', async () => {
    await inContainer('imuxsock', 'logger', '-u', '/run/rsyslog/log.sock', '-t', 'test', 'by containerd');
    await writeFile('/dev/kmsg', `<6>kernel ${process.pid}\n`);
    for (const text of ['test: by containerd', `kernel ${process.pid}`])
      await until(`"${text}" in the file`, async () =>
        (await inContainer('main', 'cat', '/var/log/messages')).includes(text) ? true : undefined,
      );
  });

  test('containerd runs them, in one network namespace, in the cgroup of the pod', async () => {
    const pids = await processes();
    assert.deepEqual(Object.keys(pids).sort(), [...CONTAINERS].sort());
    const all = await Promise.all(CONTAINERS.map((name) => namespacesOf(pids[name] ?? 0)));
    assert.equal(new Set(all.map(({ net }) => net)).size, 1);
    assert.equal(new Set(all.map(({ pid }) => pid)).size, 3);
    const uid = await cluster.kubectl('get', 'pod', 'rsyslogd', '-o', 'jsonpath={.metadata.uid}');
    for (const name of CONTAINERS) {
      const directory = await cgroupDirectory(pids[name] ?? 0, 'memory');
      assert.match(directory, new RegExp(`/${cluster.cgroup}/burstable/pod${uid}/[0-9a-f]{64}$`));
      assert.equal(await cgroupValue(pids[name] ?? 0, MEMORY_LIMIT), String(1024 ** 3));
    }
  });

  test('kubectl sees the runtime, the image, the logs and the figures', async () => {
    const node = await cluster.kubectl('get', 'nodes', '-o', 'wide');
    assert.match(node, /containerd:\/\/1\.\d+\.\d+/);
    const id = await cluster.kubectl(
      'get',
      'pod',
      'rsyslogd',
      '-o',
      'jsonpath={.status.containerStatuses[0].imageID}',
    );
    using connection = openGrpcConnection({ path: containerd.endpoint.slice('unix://'.length) });
    const { images } = await connection.service(ImageService).listImages({});
    assert.ok(
      images.some((image) => image.id === id || image.repoDigests.includes(id)),
      id,
    );
    await cluster.kubectl('run', 'says', `--image=${busybox}`, '--restart=Never', '--', 'echo', 'said');
    await cluster.kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/says', '--timeout=30s');
    assert.equal(await cluster.kubectl('logs', 'says'), 'said\n');
    await until('figures', async () => {
      const { stdout } = await cluster.call(['top', 'pod', 'rsyslogd', '--no-headers']);
      return /rsyslogd +\d+m +[1-9]\d*Mi/.test(stdout) ? true : undefined;
    });
  });

  test('exec gives the exit code and takes input; a forwarded port leads to the pod', async () => {
    const failed = await cluster.call(['exec', '-c', 'main', 'rsyslogd', '--', 'sh', '-c', 'exit 7']);
    assert.equal(failed.code, 7);
    const counted = await cluster.call(
      ['exec', '-i', '-c', 'main', 'rsyslogd', '--', 'wc', '-c'],
      'x'.repeat(100_000),
    );
    assert.equal(counted.stdout.trim(), '100000');
    await cluster.kubectl('run', 'web', `--image=${busybox}`, '--', 'sh', '-c', SERVER);
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=30s');
    const port = await freePort();
    const forwarding = spawn('kubectl', ['port-forward', 'pod/web', `${port}:8080`], {
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
      stdio: 'ignore',
    });
    try {
      const page = await until('the page of the pod', async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/`);
        return answer.ok ? await answer.text() : undefined;
      });
      assert.equal(page, 'served\n');
    } finally {
      forwarding.kill();
    }
  });

  test('a container that was killed comes back, and its neighbours stay', async () => {
    const before = await processes();
    process.kill(before['imuxsock'] ?? 0, 'SIGKILL');
    const now = await until('imuxsock again', async () => {
      const pids = await processes();
      return pids['imuxsock'] !== undefined && pids['imuxsock'] !== before['imuxsock'] ? pids : undefined;
    });
    assert.equal(now['main'], before['main']);
    assert.equal(now['imklog'], before['imklog']);
    const restarts = await until('the restart in the status', async () => {
      const count = await cluster.kubectl(
        'get',
        'pod',
        'rsyslogd',
        '-o',
        'jsonpath={.status.containerStatuses[?(@.name=="imuxsock")].restartCount}',
      );
      return count === '1' ? count : undefined;
    });
    assert.equal(restarts, '1');
  });

  test('a server that was killed finds its pods as they are', async () => {
    const before = await processes();
    await cluster.kill();
    await cluster.start();
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/rsyslogd', '--timeout=60s');
    assert.deepEqual(await processes(), before);
  });

  test('what containerd 1.6 cannot do is said, with the field', async () => {
    const pod = (name: string, spec: object, container: object = {}) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name },
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'c', image: busybox, command: ['true'], ...container }],
          ...spec,
        },
      });
    const mount = { name: 'v', mountPath: '/v', readOnly: true, recursiveReadOnly: 'Enabled' };
    for (const [name, field, manifest] of [
      ['userns', 'spec.hostUsers', pod('userns', { hostUsers: false })],
      [
        'rro',
        'recursiveReadOnly',
        pod('rro', { volumes: [{ name: 'v', emptyDir: {} }] }, { volumeMounts: [mount] }),
      ],
      [
        'image',
        'volumes.image',
        pod(
          'image',
          { volumes: [{ name: 'v', image: { reference: busybox } }] },
          { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
        ),
      ],
    ] as const) {
      await cluster.apply(manifest);
      await until(`a word on ${field}`, async () => {
        const events = await cluster.kubectl('get', 'events', '-o', 'jsonpath={.items[*].message}');
        return events.includes(field) && events.includes('containerd 1.6') ? true : undefined;
      });
      await cluster.kubectl('delete', 'pod', name, '--grace-period=0', '--force', '--wait=false');
    }
  });

  test('deleted, nothing of it is left at containerd', async () => {
    await cluster.kubectl('delete', 'pod', '--all', '--grace-period=1', '--timeout=60s');
    using connection = openGrpcConnection({ path: containerd.endpoint.slice('unix://'.length) });
    const runtime = connection.service(RuntimeService);
    await until('no container and no sandbox', async () => {
      const { items } = await runtime.listPodSandbox({});
      const { containers } = await runtime.listContainers({});
      return items.length === 0 && containers.length === 0 ? true : undefined;
    });
  });
});
