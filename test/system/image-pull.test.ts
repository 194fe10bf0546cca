/** Images from a real registry, as the kernel sees them once they are mounted. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isPeapodError } from '../../src/model/errors.ts';
import { type ImageStoreOptions, openImageStore } from '../../src/runtime/image/open-image-store.ts';
import type { ImageStore } from '../../src/runtime/image/image-store.ts';
import { mount, umount } from '../../src/runtime/linux/mount.ts';
import {
  buildImage,
  busyboxImage,
  buildImageArchive,
  pushImage,
  pushIndex,
  startRegistry,
  type TestRegistry,
} from './support/registry.ts';

let root: string;
let registry: TestRegistry;
let store: ImageStore;

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'peapod-image-system-'));
  registry = await startRegistry();
  store = await openStore('images');
});

after(async () => {
  await registry[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

function openStore(name: string, options: ImageStoreOptions = {}): Promise<ImageStore> {
  return openImageStore(
    { images: join(root, name) },
    { env: {}, authFiles: [], registriesConf: '/dev/null', ...options },
  );
}

/** Mounts an image as a container's root would be and unmounts it afterwards. */
async function withMounted(imageId: string, look: (path: string) => void): Promise<void> {
  const target = mkdtempSync(join(root, 'mnt-'));
  const lower = (await store.rootfsLayers(imageId)).join(':');
  const only = join(root, 'nothing');
  mkdirSync(only, { recursive: true });
  mount({ source: 'overlay', target, type: 'overlay', data: `lowerdir=${lower}:${only}` });
  try {
    look(target);
  } finally {
    umount(target);
  }
}

test('an image that was pulled runs when its layers are mounted', async () => {
  const pushed = await pushImage(
    registry,
    'busybox:1',
    busyboxImage([{ name: 'etc/motd', content: 'hello' }]),
  );
  const status = await store.pullImage(pushed.reference);
  assert.equal(status.id, pushed.configDigest);
  await withMounted(status.id, (path) => {
    const said = execFileSync('chroot', [path, '/bin/cat', '/etc/motd'], { encoding: 'utf8' });
    assert.equal(said, 'hello');
    assert.equal(statSync(join(path, 'tmp')).mode & 0o7777, 0o1777);
  });
});

test('overlayfs shows what upper layers delete as deleted', async () => {
  const { reference } = await pushImage(registry, 'layers:1', {
    layers: [
      [
        { name: 'a/one', content: '1' },
        { name: 'a/two', content: '2' },
        { name: 'b/one', content: '1' },
        { name: 'c', content: 'c' },
        { name: 'd/old', content: 'd' },
      ],
      [
        { name: 'a/.wh.one' },
        { name: 'b', type: 'directory' },
        { name: 'b/.wh..wh..opq' },
        { name: 'b/two', content: '2' },
        { name: '.wh.c' },
        { name: '.wh.d' },
        { name: 'd', type: 'directory' },
        { name: 'd/new', content: 'd' },
      ],
    ],
  });
  const { id } = await store.pullImage(reference);
  await withMounted(id, (path) => {
    assert.deepEqual(readdirSync(path).sort(), ['a', 'b', 'd']);
    assert.deepEqual(readdirSync(join(path, 'a')), ['two']);
    assert.deepEqual(readdirSync(join(path, 'b')), ['two']);
    assert.deepEqual(readdirSync(join(path, 'd')), ['new']);
  });
});

test("of a multi-platform image the one for this machine is pulled, and found by the index's digest", async () => {
  const mine = buildImage({ layers: [[{ name: 'mine' }]] });
  const foreign = buildImage({ layers: [[{ name: 'foreign' }]], architecture: 's390x' });
  await pushImage(registry, 'multi:mine', mine);
  await pushImage(registry, 'multi:foreign', foreign);
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const reference = await pushIndex(registry, 'multi:1', [
    { image: foreign, architecture: 's390x' },
    { image: mine, architecture },
  ]);
  const status = await store.pullImage(reference);
  assert.equal(status.id, mine.configDigest);
  assert.equal((await store.pullImage(status.repoDigests[0] ?? '')).id, status.id);
});

for (const compression of ['zstd', 'none'] as const) {
  test(`a Docker schema 2 image with layers compressed by ${compression} is pulled`, async () => {
    const image = { layers: [[{ name: 'x', content: 'x' }]], compression, format: 'docker' } as const;
    const { reference } = await pushImage(registry, `docker-${compression}:1`, image);
    const { id } = await store.pullImage(reference);
    await withMounted(id, (path) => assert.equal(readFileSync(join(path, 'x'), 'utf8'), 'x'));
  });
}

test('what skopeo pushed is pulled, and what was pulled is what skopeo sees', async () => {
  const archive = join(root, 'image.tar');
  await buildImageArchive(archive, busyboxImage(), { reference: 'x:1' });
  const reference = `${registry.host}/from/skopeo:1`;
  execFileSync('skopeo', [
    'copy',
    '--insecure-policy',
    '--dest-tls-verify=false',
    `oci-archive:${archive}`,
    `docker://${reference}`,
  ]);
  const status = await store.pullImage(reference);
  const seen = execFileSync('skopeo', ['inspect', '--raw', '--tls-verify=false', `docker://${reference}`]);
  assert.equal((JSON.parse(seen.toString()) as { config: { digest: string } }).config.digest, status.id);
});

test('a registry that wants a password gets it from auth.json', async () => {
  // `me` and `secret`, by bcrypt
  const htpasswd = 'me:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';
  await using guarded = await startRegistry({ htpasswd });
  const credentials = { username: 'me', password: 'secret' };
  const { reference } = await pushImage(guarded, 'a:1', { layers: [[{ name: 'guarded' }]] }, credentials);
  await assert.rejects(store.pullImage(reference), (error) => isPeapodError(error, 'ImageUnauthorized'));
  const authFile = join(root, 'auth.json');
  writeFileSync(authFile, JSON.stringify({ auths: { [guarded.host]: { auth: btoa('me:secret') } } }));
  const trusted = await openStore('guarded', { authFiles: [authFile] });
  assert.equal((await trusted.pullImage(reference)).repoTags[0], reference);
});

test('a full disk stops a pull with a clear message, and nothing is left behind', async () => {
  const small = join(root, 'small');
  mkdirSync(small);
  mount({ source: 'tmpfs', target: small, type: 'tmpfs', data: 'size=1m' });
  try {
    const tight = await openStore('small/images', { limits: { reserveBytes: 0 } });
    const { reference } = await pushImage(registry, 'big:1', {
      layers: [[{ name: 'big', content: Buffer.alloc(3_000_000, 7) }]],
    });
    await assert.rejects(
      tight.pullImage(reference),
      (error) => isPeapodError(error, 'NoSpace') && /^cannot pull image .*no space left/.test(error.message),
    );
    assert.deepEqual(await tight.listImages(), []);
    for (const folder of ['tmp', 'layers', 'images', 'names']) {
      assert.deepEqual(readdirSync(join(small, 'images', folder)), [], folder);
    }
  } finally {
    umount(small);
  }
});

test('a process that is killed in the middle of a pull leaves nothing that the next one trips over', async () => {
  const content = Buffer.alloc(40_000_000, 'text that compresses well');
  const { reference } = await pushImage(registry, 'slow:1', { layers: [[{ name: 'x', content }]] });
  const directory = join(root, 'killed');
  const script =
    `const { openImageStore } = await import('${import.meta.resolve('../../src/runtime/image/open-image-store.ts')}');` +
    `const store = await openImageStore({ images: ${JSON.stringify(directory)} }, { env: {}, authFiles: [], registriesConf: '/dev/null' });` +
    `await store.pullImage(${JSON.stringify(reference)}, { onProgress: (step) => { if (step.currentBytes > 0) process.kill(process.pid, 'SIGKILL'); } });`;
  assert.throws(() =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' }),
  );
  assert.notDeepEqual(readdirSync(join(directory, 'tmp')), []);
  const next = await openStore('killed');
  assert.deepEqual(readdirSync(join(directory, 'tmp')), []);
  const status = await next.pullImage(reference);
  const [layer] = await next.rootfsLayers(status.id);
  assert.ok(existsSync(join(layer ?? '', 'x')));
  assert.equal(statSync(join(layer ?? '', 'x')).size, content.length);
});
