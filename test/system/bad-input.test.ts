/** What users get wrong and hosts lack: each gets a message that names the field or the mend, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { chmod, mkdir, open, readdir, truncate } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { imageReference, pushImageArchive } from './support/images.ts';
import { withoutPrograms } from './support/hide-programs.ts';
import { type Result, startPeapod, type TestPeapod } from './support/peapod.ts';
import { busyboxImage, pushImage, startRegistry, type TestRegistry } from './support/registry.ts';

const run = promisify(execFile);

const IMAGE = imageReference('busybox');
/** peapod's own failures, as distinct from those of the containers. */
const OWN_FAILURE = 125;
/** `user` with the password `secret`. */
const HTPASSWD = 'user:$2b$04$juWY16M7/ZWbPTCaDUAdsej4z0/plImgTvAJL9QwBhlX9BNBn6scW\n';

function podOf(container: object, spec: object = {}, name = 'bad'): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'c', image: IMAGE, command: ['sleep', '60'], ...container }],
      ...spec,
    },
  };
}

describe('bad input', () => {
  let peapod: TestPeapod;

  before(async () => {
    peapod = await startPeapod();
    await peapod.load('busybox');
  });

  after(() => peapod[Symbol.asyncDispose]());

  /** Fails unless peapod failed by itself, said something like `message`, and left nothing. */
  async function assertRefused(result: Result, ...messages: RegExp[]): Promise<void> {
    assert.equal(result.code, OWN_FAILURE, result.stdout + result.stderr);
    for (const message of messages) assert.match(result.stderr, message);
    assert.doesNotMatch(result.stderr, /this is a bug/);
    assert.deepEqual(await peapod.leaks(), []);
    assert.deepEqual(await remains(peapod), []);
  }

  async function assertManifestRefused(text: string, ...messages: RegExp[]): Promise<void> {
    await assertRefused(await peapod.call(['run', '-f', '-'], { input: text }), ...messages);
  }

  const runPod = async (pod: object) => peapod.call(['run', '-f', await peapod.manifest(pod)]);

  describe('manifests', () => {
    const head = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: bad\nspec:\n  containers:\n';

    test('malformed YAML is told with line and column', () =>
      assertManifestRefused(`${head}    - name: [c\n      image: x\n`, /\b[78]:\d+: /));

    test('malformed JSON is told with line and column', () =>
      assertManifestRefused('{"apiVersion": "v1",\n "kind": "Pod" "metadata": {}}', /\b2:\d+: /));

    test('an unknown kind is told by name', () =>
      assertManifestRefused('apiVersion: v1\nkind: Pood\nmetadata: { name: bad }\n', /Pood/));

    test('an unknown field is told with the one that was meant', () =>
      assertManifestRefused(
        `${head}    - name: c\n      imagePullPolice: Always\n      image: x\n`,
        /imagePullPolice/,
        /did you mean "?imagePullPolicy/,
        /:8:7: /,
      ));

    test('a pod without a name is refused', () =>
      assertManifestRefused(
        'apiVersion: v1\nkind: Pod\nmetadata: {}\nspec:\n  containers: [{ name: c, image: x }]\n',
        /metadata\.name/,
      ));

    test('a container without a name is refused', () =>
      assertManifestRefused(`${head}    - image: x\n`, /spec\.containers\[0\]\.name: Required value/));

    test('a container without an image is refused', () =>
      assertManifestRefused(`${head}    - name: c\n`, /spec\.containers\[0\]\.image: Required value/));

    test('two containers with one name are refused', () =>
      assertManifestRefused(
        `${head}    - { name: c, image: x }\n    - { name: c, image: x }\n`,
        /spec\.containers\[1\]\.name: Duplicate value: "c"/,
      ));

    test('two pods with one name are refused', async () => {
      const file = await peapod.manifest(podOf({}), podOf({}));
      await assertRefused(await peapod.call(['run', '-f', file]), /"bad"/);
    });

    test('a bad quantity is told with its field', () =>
      assertManifestRefused(
        `${head}    - name: c\n      image: x\n      resources: { limits: { memory: 1Gb } }\n`,
        /spec\.containers\[0\]\.resources\.limits\[?\.?memory\]?/,
        /1Gb/,
      ));

    test('a file that is not there is told by name', async () => {
      await assertRefused(await peapod.call(['run', '-f', '/nowhere/pod.yaml']), /\/nowhere\/pod\.yaml/);
    });
  });

  describe('images', () => {
    let registry: TestRegistry;

    before(async () => {
      registry = await startRegistry();
    });

    after(() => registry[Symbol.asyncDispose]());

    /** Pushes an image with a layer of its own, and lets the caller spoil that in the registry's storage. */
    async function pushSpoilt(name: string, spoil: (blob: string) => Promise<void>): Promise<string> {
      const layer = [{ name: 'data', content: randomBytes(20_000) }];
      const pushed = await pushImage(registry, `${name}:1`, { layers: [layer], config: {} });
      const [digest = ''] = [...pushed.blobs].sort(([, a], [, b]) => b.length - a.length)[0] ?? [];
      const hex = digest.replace('sha256:', '');
      await spoil(
        join(registry.directory, 'data/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data'),
      );
      return pushed.reference;
    }

    test('an image that the registry does not have', async () => {
      const image = `${registry.host}/no/such:1`;
      await assertRefused(await runPod(podOf({ image })), /no\/such:1/, /not found|unknown/i);
    });

    test('a registry that does not answer', async () => {
      await assertRefused(await runPod(podOf({ image: 'localhost:1/no/such:1' })), /localhost:1/);
    });

    test('a registry that wants other credentials', async () => {
      await using closed = await startRegistry({ htpasswd: HTPASSWD });
      await pushImage(closed, 'closed:1', busyboxImage(), { username: 'user', password: 'secret' });
      const result = await runPod(podOf({ image: `${closed.host}/closed:1` }));
      await assertRefused(result, /closed:1/, /401|unauthori[sz]ed|authentication/i);
    });

    test('a layer whose digest is wrong', async () => {
      const image = await pushSpoilt('wrong', async (blob) => {
        await using file = await open(blob, 'r+');
        await file.write(Buffer.alloc(64, 0x55), 0, 64, 1000);
      });
      await assertRefused(await runPod(podOf({ image })), /wrong:1/, /digest/i);
    });

    test('a layer that is cut off', async () => {
      const image = await pushSpoilt('short', (blob) => truncate(blob, 5000));
      await assertRefused(await runPod(podOf({ image })), /short:1/, /5000|digest|size|truncated|ended/i);
    });

    test('a name that is no image reference', async () => {
      const result = await runPod(podOf({ image: 'UPPER/Case:::1' }));
      await assertRefused(result, /UPPER\/Case:::1/);
    });

    test('an image that is never to be pulled and is not here', async () => {
      const result = await runPod(podOf({ image: 'localhost:1/x:1', imagePullPolicy: 'Never' }));
      await assertRefused(result, /localhost:1\/x:1/, /Never/);
    });
  });

  describe('containers and pods', () => {
    test('a command that is not in the image', async () => {
      await assertRefused(await runPod(podOf({ command: ['no-such-command'] })), /no-such-command/, /"c"/);
    });

    test('a host port that is taken', async () => {
      const server = createServer().listen(0, '0.0.0.0');
      await once(server, 'listening');
      const address = server.address();
      assert.ok(typeof address === 'object' && address !== null);
      try {
        const ports = [{ containerPort: 80, hostPort: address.port }];
        await assertRefused(await runPod(podOf({ ports })), new RegExp(`\\b${address.port}\\b`));
      } finally {
        server.close();
      }
    });

    test('a host port that another pod has', async () => {
      const server = createServer().listen(0, '0.0.0.0');
      await once(server, 'listening');
      const address = server.address();
      assert.ok(typeof address === 'object' && address !== null);
      server.close();
      const ports = [{ containerPort: 80, hostPort: address.port }];
      await peapod.succeed(['run', '--detach', '-f', await peapod.manifest(podOf({ ports }, {}, 'first'))]);
      const second = await peapod.manifest(podOf({ ports }, {}, 'second'));
      const output = await peapod.succeed(['run', '--detach', '-f', second]);
      await peapod.succeed(['rm', '--force', '--time', '0', 'first', 'second']);
      assert.match(output, new RegExp(`"second" stays Pending: .*free ports.*\\b${address.port}\\b`));
    });

    test('a pod name that is taken; the first pod is not touched', async () => {
      const file = await peapod.manifest(podOf({}, {}, 'taken'));
      await peapod.succeed(['run', '--detach', '-f', file]);
      const before = await peapod.succeed(['inspect', 'taken']);
      const result = await peapod.call(['run', '-f', file]);
      assert.equal(await peapod.succeed(['inspect', 'taken']), before);
      await peapod.succeed(['rm', '--force', '--time', '0', 'taken']);
      await assertRefused(result, /pods "taken" already exists/, /rm/);
    });

    test('a ConfigMap that is not there', async () => {
      const volumes = [{ name: 'v', configMap: { name: 'missing' } }];
      const result = await runPod(podOf({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }, { volumes }));
      await assertRefused(result, /"?missing"? not found/);
    });
  });

  describe('hosts', () => {
    test('without root', async () => {
      const wrapper = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
      const input = JSON.stringify(podOf({}));
      await assertRefused(await peapod.call(['run', '-f', '-'], { wrapper, input }), /root/);
    });

    test('without root, for the verbs that read', async () => {
      const wrapper = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
      await using other = await startPeapod();
      await chmod(other.directory, 0o755);
      const assertSaid = async () => {
        for (const verb of [
          ['ps'],
          ['get', 'pods'],
          ['logs', 'p'],
          ['describe', 'p'],
          ['events'],
          ['why', 'p'],
          ['inspect', 'p'],
        ]) {
          const { code, stderr } = await other.call(verb, { wrapper });
          assert.equal(code, OWN_FAILURE, verb.join(' '));
          assert.match(
            stderr,
            /^peapod: cannot read \S+: peapod needs root for .*\n  try: run it with sudo\n$/,
          );
        }
      };
      const objects = join(other.root, 'objects');
      await mkdir(objects, { recursive: true });
      await chmod(objects, 0o700);
      await assertSaid();
      await chmod(objects, 0o755);
      await mkdir(join(other.run, 'cluster'), { recursive: true, mode: 0o700 });
      await assertSaid();
    });

    for (const [missing, mend] of [
      [['conmon'], /apt-get install conmon/],
      [['crun', 'runc'], /apt-get install crun/],
    ] as const) {
      test(`without ${missing.join(' and ')}`, async () => {
        const file = await peapod.manifest(podOf({}));
        const result = await peapod.call(['run', '-f', file], { wrapper: withoutPrograms(...missing) });
        await assertRefused(result, new RegExp(missing[0]), mend);
      });
    }

    test('a disk that is full while an image is pulled', async () => {
      await using registry = await startRegistry();
      const image = await pushImageArchive(registry, 'rsyslogd');
      await using small = await startPeapod();
      await mkdir(small.root);
      await run('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', small.root]);
      try {
        const result = await small.call(['run', '-f', await small.manifest(podOf({ image }))]);
        assert.equal(result.code, OWN_FAILURE, result.stderr);
        assert.match(result.stderr, /no space left|disk.* full|not enough space/i);
        assert.doesNotMatch(result.stderr, /this is a bug/);
        assert.deepEqual(await remains(small), []);
        const kept = globSync(join(small.root, 'images/**/*'), { withFileTypes: true });
        const bytes = kept.filter((entry) => entry.isFile()).length;
        assert.ok(bytes < 20, `${bytes} files of an image that could not be unpacked`);
        assert.equal((await small.succeed(['images', '-o', 'name'])).trim(), '');
      } finally {
        await run('umount', ['--lazy', small.root]);
      }
    });
  });
});

/** Pods that are still known, and directories that are still there for one. */
async function remains(peapod: TestPeapod): Promise<string[]> {
  const pods = (await peapod.succeed(['ps', '-o', 'name'])).split('\n').filter((line) => line !== '');
  const folders = ['pods', 'sandboxes', 'containers', 'logs', 'objects/pods', 'objects/status'];
  const entries = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(peapod.root, folder)).catch(() => [])).map((name) => `${folder}/${name}`),
    ),
  );
  return [...pods, ...entries.flat()];
}
