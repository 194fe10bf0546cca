/** Pods with users of their own: root in them is nobody on the node, and their volumes do not tell. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Pod } from '../../src/model/api/types.ts';
import { imageReference } from './support/images.ts';
import { mountsOf, namespacesOf } from './support/kernel-view.ts';
import { startPeapod, type TestPeapod, until } from './support/peapod.ts';
import { podView } from './support/pod-view.ts';

const RANGE = 65_536;

describe('a pod with hostUsers: false', () => {
  let peapod: TestPeapod;

  before(async () => {
    peapod = await startPeapod();
    // Root in the pod has to get to its files.
    await chmod(peapod.directory, 0o711);
    await peapod.load('busybox');
    await mkdir(join(peapod.directory, 'host'));
    await writeFile(join(peapod.directory, 'host/owned-by-root'), 'x', { mode: 0o600 });
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: { key: 'value' },
    };
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'words' },
      stringData: { word: 'hush' },
    };
    const manifest = await peapod.manifest(configMap, secret, pod('first', peapod), pod('second', peapod));
    await peapod.succeed(['run', '--detach', '-f', manifest]);
  });

  after(() => peapod[Symbol.asyncDispose]());

  const shell = (script: string, container = 'main') =>
    peapod.succeed(['exec', '-c', container, 'first', '--', 'sh', '-c', script]);

  test('root in a container is a high id of the node, in ids that no other pod has', async () => {
    const starts: number[] = [];
    for (const name of ['first', 'second']) {
      const { pids, infraPid } = await podView(peapod, name);
      const map = (await readFile(`/proc/${pids['main']}/uid_map`, 'utf8')).trim().split(/\s+/).map(Number);
      const groups = (await readFile(`/proc/${pids['main']}/gid_map`, 'utf8'))
        .trim()
        .split(/\s+/)
        .map(Number);
      assert.deepEqual(groups, map);
      const [inside, outside = 0, length] = map;
      assert.deepEqual([inside, outside % RANGE, length], [0, 0, RANGE]);
      assert.ok(outside > 0);
      for (const pid of [pids['main'], pids['other'], infraPid]) {
        const user = outside + (pid === pids['other'] ? 1000 : 0);
        const status = await readFile(`/proc/${pid}/status`, 'utf8');
        assert.match(status, new RegExp(`^Uid:\\t${user}\\t${user}\\t${user}\\t${user}$`, 'm'));
      }
      starts.push(outside);
    }
    assert.equal(new Set(starts).size, 2);
  });

  test('all containers and the infra container have one user namespace, which owns the network', async () => {
    const { pids, infraPid } = await podView(peapod, 'first');
    const [infra, main, other, node] = await Promise.all([
      namespacesOf(infraPid),
      namespacesOf(pids['main'] ?? 0),
      namespacesOf(pids['other'] ?? 0),
      namespacesOf('self'),
    ]);
    assert.notEqual(infra.user, node.user);
    assert.deepEqual([main.user, other.user, main.net], [infra.user, infra.user, infra.net]);
    await shell('ip link add dummy0 type dummy 2>&1 || true; ip addr add 192.0.2.7/32 dev lo');
  });

  test('the image belongs to root, and root may change it', async () => {
    assert.equal(await shell('stat -c %u:%g /bin/busybox /etc / /made/by/peapod'), '0:0\n'.repeat(4));
    assert.equal(await shell('pwd'), '/made/by/peapod\n');
    await shell('echo changed > /etc/changed && chown 12:34 /etc/changed');
    assert.equal(await shell('stat -c %u:%g /etc/changed'), '12:34\n');
  });

  test("volumes carry the containers' own ids on the node's disk", async () => {
    const { uid } = await podView(peapod, 'first');
    await shell('echo one > /data/by-root; echo two > /memory/by-root; echo three > /dev/shm/by-root');
    await shell('echo four > /data/by-user', 'other');
    assert.equal(
      await shell('stat -c %u:%g /data/by-root /memory/by-root /dev/shm/by-root', 'other'),
      '0:0\n'.repeat(3),
    );
    assert.equal(await shell('stat -c %u /data/by-user'), '1000\n');
    const volume = join(peapod.root, 'pods', uid, 'volumes/empty-dir/data');
    assert.equal((await stat(join(volume, 'by-root'))).uid, 0);
    assert.equal((await stat(join(volume, 'by-user'))).uid, 1000);
    assert.equal(await shell('cat /data/by-root'), 'one\n');
  });

  test('config maps, secrets, what is projected and paths of the node can be read by root', async () => {
    assert.equal(
      await shell('cat /settings/key /words/word /projected/name /host/owned-by-root'),
      'valuehushfirstx',
    );
    assert.equal(
      await shell('stat -L -c %u /settings/key /words/word /host/owned-by-root /etc/hosts'),
      '0\n'.repeat(4),
    );
    assert.match(await shell('cat /etc/resolv.conf /etc/hostname'), /^first$/m);
    await shell('echo changed > /host/by-root');
    assert.equal((await stat(join(peapod.directory, 'host/by-root'))).uid, 0);
  });

  test('its capabilities end at its borders', async () => {
    const result = await peapod.call([
      'exec',
      'first',
      '--',
      'sh',
      '-c',
      'echo 1 > /proc/sys/vm/drop_caches',
    ]);
    assert.notEqual(result.code, 0);
    const { pids } = await podView(peapod, 'first');
    const mounts = await mountsOf(pids['main'] ?? 0);
    for (const path of ['/proc/sys', '/sys'])
      assert.ok(mounts.find((mount) => mount.path === path)?.options.includes('ro'), path);
    assert.ok(mounts.some(({ path }) => path === '/proc/keys'));
    const leave =
      'for file in $(find /sys/fs/cgroup -name cgroup.procs); do echo 1 >$file && echo $file; done';
    assert.equal(await shell(`(${leave}) 2>/dev/null; true`), '');
  });

  test('logs and the termination message come as from any other container', async () => {
    await until('the log', async () => {
      const log = await peapod.succeed(['logs', '-c', 'main', 'first']);
      return log.includes('started as 0') ? log : undefined;
    });
    const done = { ...pod('done', peapod) };
    const spec = { restartPolicy: 'Never', hostUsers: false };
    const command = ['sh', '-c', 'echo bye > /dev/termination-log; exit 3'];
    const manifest = await peapod.manifest({
      ...done,
      spec: { ...spec, containers: [{ name: 'main', image: imageReference('busybox'), command }] },
    });
    await peapod.succeed(['run', '--detach', '-f', manifest]);
    await until('its end', async () => {
      const text = await peapod.succeed(['inspect', 'done', '-o', 'json']);
      const [view] = JSON.parse(text) as { pod: Pod }[];
      const { terminated } = view?.pod.status?.containerStatuses?.[0]?.state ?? {};
      return terminated?.exitCode === 3 && terminated.message === 'bye\n' ? terminated : undefined;
    });
  });

  test('nothing of the making stays mounted on the node', async () => {
    const left = (await mountsOf('self')).filter(({ path }) => /id-mapped|layers/.test(path));
    assert.deepEqual(
      left.filter(({ path }) => path.startsWith(peapod.directory)),
      [],
    );
  });

  test('what lets it through to its files lets no other user of the node in', async () => {
    const folders = ['root/pods', 'root/claims', 'root/logs', 'run/pods'];
    const modes = folders.map(async (name) => (await stat(join(peapod.directory, name))).mode & 0o777);
    assert.deepEqual(await Promise.all(modes), [0o700, 0o700, 0o700, 0o700]);
    for (const folder of ['containers', 'sandboxes']) {
      const parent = join(peapod.run, folder);
      assert.equal((await stat(parent)).mode & 0o004, 0);
      for (const id of await readdir(parent)) {
        const { mode, uid, gid } = await stat(join(parent, id));
        assert.deepEqual([mode & 0o777, uid, gid % RANGE], [0o710, 0, 0], `${folder}/${id}`);
      }
    }
  });

  test('the namespaces of the node go together with it nowhere', async () => {
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) {
      const manifest = await peapod.manifest({
        ...pod('refused', peapod),
        spec: { ...pod('refused', peapod).spec, [field]: true },
      });
      const result = await peapod.call(['run', '--detach', '-f', manifest]);
      assert.notEqual(result.code, 0);
      assert.ok(
        result.stderr.includes(`spec.${field}: Forbidden: when \`hostUsers\` is false`),
        result.stderr,
      );
    }
  });
});

function pod(name: string, { directory }: TestPeapod) {
  const volumeMounts = ['data', 'memory', 'settings', 'words', 'projected', 'host'].map((volume) => ({
    name: volume,
    mountPath: `/${volume}`,
  }));
  const image = imageReference('busybox');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      hostUsers: false,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image,
          command: ['sh', '-c', 'echo started as $(id -u); exec sleep 1000'],
          workingDir: '/made/by/peapod',
          securityContext: { capabilities: { add: ['NET_ADMIN'] } },
          volumeMounts,
        },
        {
          name: 'other',
          image,
          command: ['sleep', '1000'],
          securityContext: { runAsUser: 1000 },
          volumeMounts,
        },
      ],
      volumes: [
        { name: 'data', emptyDir: {} },
        { name: 'memory', emptyDir: { medium: 'Memory' } },
        { name: 'settings', configMap: { name: 'settings' } },
        { name: 'words', secret: { secretName: 'words', defaultMode: 0o400 } },
        {
          name: 'projected',
          projected: {
            sources: [
              { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
            ],
          },
        },
        { name: 'host', hostPath: { path: join(directory, 'host') } },
      ],
    },
  };
}
