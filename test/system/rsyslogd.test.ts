/** The main job on real input: Debian's rsyslogd as a pod of three containers. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { imageReference, pushImageArchive } from './support/images.ts';
import {
  addressesOf,
  cgroupDirectory,
  cgroupValue,
  hostnameOf,
  MEMORY_LIMIT,
  mountsOf,
  namespacesOf,
  processOf,
} from './support/kernel-view.ts';
import { startPeapod, type TestPeapod, until } from './support/peapod.ts';
import { podView, untilRestarted } from './support/pod-view.ts';
import { startRegistry } from './support/registry.ts';

const MANIFEST = join(import.meta.dirname, '../../examples/rsyslogd/pod.yaml');
const CONTAINERS = ['main', 'imklog', 'imuxsock'] as const;
const GIBIBYTE = String(1024 ** 3);

/** Another pod, whose web server tells everybody where they come from. */
const NEIGHBOUR = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'neighbour' },
  spec: {
    containers: [
      {
        name: 'web',
        image: imageReference('busybox'),
        command: [
          'sh',
          '-c',
          'mkdir -p /www/cgi-bin; cp /bin/peer /www/cgi-bin; exec httpd -f -p 8080 -h /www',
        ],
        volumeMounts: [{ name: 'scripts', mountPath: '/bin/peer', subPath: 'peer' }],
      },
    ],
    volumes: [{ name: 'scripts', configMap: { name: 'scripts', defaultMode: 0o755 } }],
  },
};
const SCRIPTS = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'scripts' },
  data: { peer: '#!/bin/sh\necho "Content-Type: text/plain"\necho\necho "from $REMOTE_ADDR"\n' },
};

describe('rsyslogd in three containers', () => {
  let peapod: TestPeapod;

  before(async () => {
    peapod = await startPeapod();
    await pullFromRegistry(peapod);
    await peapod.load('busybox');
    await peapod.succeed([
      'run',
      '--detach',
      '-f',
      MANIFEST,
      '-f',
      await peapod.manifest(SCRIPTS, NEIGHBOUR),
    ]);
  });

  after(() => peapod[Symbol.asyncDispose]());

  const inContainer = (container: string, ...command: string[]) =>
    peapod.succeed(['exec', '-c', container, 'rsyslogd', '--', ...command]);

  const log = (message: string) =>
    inContainer('imuxsock', 'logger', '-u', '/run/rsyslog/log.sock', '-t', 'test', message);

  const untilWritten = (text: string) =>
    until(`"${text}" in the file of main`, async () => {
      const written = await inContainer('main', 'cat', '/var/log/messages');
      return written.includes(text) ? written : undefined;
    });

  test('a message logged through imuxsock arrives in the file that main writes, and imuxsock reads it', async () => {
    await log('one of many');
    await untilWritten('test: one of many');
    assert.match(await inContainer('imuxsock', 'cat', '/var/log/messages'), /test: one of many/);
  });

  test('a kernel message comes through imklog, the socket and main', async () => {
    const message = `peapod test ${process.pid}`;
    await writeFile('/dev/kmsg', `<6>${message}\n`);
    await untilWritten(message);
  });

  test('all containers share the network, IPC and UTS namespaces of the infra container, and nothing else', async () => {
    const { pids, infraPid } = await podView(peapod, 'rsyslogd');
    const infra = await namespacesOf(infraPid);
    const all = await Promise.all(CONTAINERS.map((name) => namespacesOf(pids[name] ?? 0)));
    for (const namespaces of all) {
      const { net, ipc, uts } = namespaces;
      assert.deepEqual({ net, ipc, uts }, { net: infra.net, ipc: infra.ipc, uts: infra.uts });
    }
    for (const kind of ['pid', 'mnt'] as const) {
      assert.equal(new Set([infra[kind], ...all.map((namespaces) => namespaces[kind])]).size, 4, kind);
    }
  });

  test('the namespaces are neither those of the host nor those of another pod', async () => {
    const own = await namespacesOf((await podView(peapod, 'rsyslogd')).infraPid);
    const other = await namespacesOf((await podView(peapod, 'neighbour')).infraPid);
    const host = await namespacesOf('self');
    for (const kind of ['net', 'ipc', 'uts', 'pid', 'mnt'] as const) {
      assert.equal(new Set([own[kind], other[kind], host[kind]]).size, 3, kind);
    }
  });

  test("each container's cgroup lies in the pod's and limits memory to 1Gi, the pod's to 3Gi", async () => {
    const { pids, uid } = await podView(peapod, 'rsyslogd');
    const parents = new Set<string>();
    for (const name of CONTAINERS) {
      const pid = pids[name] ?? 0;
      assert.equal(await cgroupValue(pid, MEMORY_LIMIT), GIBIBYTE, name);
      const directory = await cgroupDirectory(pid, 'memory');
      parents.add(directory.slice(0, directory.lastIndexOf('/')));
    }
    const [parent = ''] = parents;
    assert.equal(parents.size, 1);
    assert.ok(parent.endsWith(`/${peapod.cgroup}/burstable/pod${uid}`), parent);
    const limit = await readFile(`${parent}/memory.limit_in_bytes`, 'utf8').catch(() =>
      readFile(`${parent}/memory.max`, 'utf8'),
    );
    assert.equal(limit.trim(), String(3 * 1024 ** 3));
  });

  test('the shared volumes are the same mounts in each container, read-only where the manifest says so', async () => {
    const { pids } = await podView(peapod, 'rsyslogd');
    const mount = async (container: string, path: string) => {
      const found = (await mountsOf(pids[container] ?? 0)).find((mount) => mount.path === path);
      assert.ok(found, `${path} in ${container}`);
      return found;
    };
    const [written, read] = [await mount('main', '/var/log'), await mount('imuxsock', '/var/log')];
    assert.equal(written.fsRoot, read.fsRoot);
    assert.ok(written.options.includes('rw') && !written.options.includes('ro'), written.options.join());
    assert.ok(read.options.includes('ro'), read.options.join());
    const [server, client] = [await mount('imuxsock', '/run/rsyslog'), await mount('imklog', '/run/rsyslog')];
    assert.deepEqual([server.type, client.type, client.source], ['tmpfs', 'tmpfs', server.source]);
    assert.equal((await mount('imuxsock', '/')).type, 'overlay');
  });

  test('the pod has one address, and both ends of a connection see it', async () => {
    const { ip, pids } = await podView(peapod, 'rsyslogd');
    for (const name of CONTAINERS) {
      const addresses = (await addressesOf(pids[name] ?? 0)).filter(({ family }) => family === 'inet');
      assert.deepEqual(
        addresses.map(({ address }) => address),
        [ip],
      );
    }
    const neighbour = await podView(peapod, 'neighbour');
    const answer = await inContainer(
      'imklog',
      'wget',
      '-q',
      '-O',
      '-',
      `http://${neighbour.ip}:8080/cgi-bin/peer`,
    );
    assert.match(answer, /^from /);
    assert.ok(answer.includes(ip), `${answer} is not from ${ip}`);
  });

  test('only imklog may read the kernel log', async () => {
    const { pids } = await podView(peapod, 'rsyslogd');
    const mayRead = async (container: string) => {
      const status = await readFile(`/proc/${pids[container]}/status`, 'utf8');
      const effective = BigInt(`0x${/CapEff:\s+(\w+)/.exec(status)?.[1]}`);
      return (effective & (1n << 34n)) !== 0n;
    };
    assert.deepEqual(await Promise.all(CONTAINERS.map(mayRead)), [false, true, false]);
  });

  test('tree shows the infra container first, and the processes with their PIDs', async () => {
    const { pids, infraPid } = await podView(peapod, 'rsyslogd');
    const tree = await peapod.succeed(['tree', 'rsyslogd']);
    const places = [infraPid, ...CONTAINERS.map((name) => pids[name] ?? 0)].map((pid) =>
      tree.indexOf(`(${pid},`),
    );
    assert.ok(
      places.every((place) => place > 0),
      tree,
    );
    assert.equal(Math.min(...places), places[0], tree);
  });

  test('containers are killed and come back in any order, and the pod keeps address, name, volumes and infra container', async () => {
    const before = await podView(peapod, 'rsyslogd');
    const infra = await namespacesOf(before.infraPid);
    const hostname = await hostnameOf(before.infraPid);
    await log('before the kill');
    await untilWritten('before the kill');
    for (const name of ['imklog', 'main', 'imuxsock'] as const) {
      const pid = (await podView(peapod, 'rsyslogd')).pids[name] ?? 0;
      assert.equal((await processOf(pid)).name, 'rsyslogd');
      process.kill(pid, 'SIGKILL');
      const after = await untilRestarted(peapod, 'rsyslogd', name, pid);
      assert.equal(after.ip, before.ip);
      assert.equal(after.infraPid, before.infraPid);
      const { net, ipc, uts } = await namespacesOf(after.pids[name] ?? 0);
      assert.deepEqual({ net, ipc, uts }, { net: infra.net, ipc: infra.ipc, uts: infra.uts });
      assert.equal(await hostnameOf(after.pids[name] ?? 0), hostname);
      await until(`a message after the restart of ${name}`, async () => {
        await log(`after ${name}`);
        return true;
      });
      await untilWritten(`after ${name}`);
    }
    assert.equal(hostname, 'rsyslogd');
    assert.match(await inContainer('main', 'cat', '/var/log/messages'), /before the kill/);
  });

  test('the kernel messages still come when all have been restarted', async () => {
    const message = `peapod test ${process.pid} again`;
    await writeFile('/dev/kmsg', `<6>${message}\n`);
    await untilWritten(message);
  });

  test('logs --previous tells what the instance before the restart said', async () => {
    const { stdout, stderr } = await peapod.call(['logs', 'rsyslogd', '-c', 'imuxsock', '--previous']);
    assert.match(stdout, /omfwd: remote server at 127\.0\.0\.1:5140/, stderr);
  });
});

/** The image is in the store because it was pulled, layer by layer, from a registry. */
async function pullFromRegistry(peapod: TestPeapod): Promise<void> {
  await using registry = await startRegistry();
  await pushImageArchive(registry, 'rsyslogd');
  const conf = join(peapod.directory, 'registries.conf');
  await writeFile(
    conf,
    `[[registry]]\nlocation = "localhost:5000"\n[[registry.mirror]]\nlocation = "${registry.host}"\ninsecure = true\n`,
  );
  await peapod.succeed(['pull', imageReference('rsyslogd')], { env: { CONTAINERS_REGISTRIES_CONF: conf } });
}
