/** Checkpoints: the archive that a restore needs, and clear errors where CRIU cannot work. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkpointContainer } from '../../src/runtime/container/checkpoint-container.ts';
import { containerStatus } from '../../src/runtime/container/container-status.ts';
import { createContainer } from '../../src/runtime/container/create-container.ts';
import { startContainer } from '../../src/runtime/container/start-container.ts';
import {
  type ContainerHost,
  openContainerHost,
  shellContainer,
} from '../../src/runtime/container/testing/container-host.ts';
import { startCri } from './support/cri.ts';
import { withoutPrograms } from './support/hide-programs.ts';

let host: ContainerHost;
before(async () => {
  host = await openContainerHost({ runtime: 'runc' });
});
after(async () => host[Symbol.asyncDispose]());

const SCRIPT = `echo new >/new; echo more >>/etc/passwd; rm /etc/group
  rm -r /data; mkdir /data; echo b >/data/b; touch /ready; sleep 1000`;

/** runc, but for the checkpoint, which is what `script` does with the images' directory as $IMAGES. */
function standIn(name: string, script: string): ContainerHost['context'] {
  const path = join(host.directory, name);
  const text = `#!/bin/sh
for arg; do
  [ "$last" = --image-path ] && IMAGES=$arg
  [ "$last" = --work-path ] && WORK=$arg
  [ "$arg" = checkpoint ] && checkpoint=yes
  last=$arg
done
if [ "$checkpoint" = yes ]; then
${script}
fi
exec /usr/sbin/runc "$@"
`;
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  const runtime = { ...host.context.runtime, path };
  return { ...host.context, runtime, sandboxes: { get: async () => ({ ...host.sandbox, runtime }) } };
}

async function running(context: ContainerHost['context'], name: string): Promise<string> {
  mkdirSync(join(host.imageRoot, 'data'), { recursive: true });
  for (const file of ['etc/passwd', 'etc/group', 'data/a']) {
    mkdirSync(dirname(join(host.imageRoot, file)), { recursive: true });
    writeFileSync(join(host.imageRoot, file), `${file}\n`);
  }
  const id = await createContainer(context, host.sandbox.id, shellContainer(name, SCRIPT));
  await startContainer(context, id);
  const ready = join(context.paths.containers, id, 'upper', 'ready');
  for (let look = 0; look < 400 && !existsSync(ready); look += 1) await sleep(50);
  assert.ok(existsSync(ready));
  return id;
}

test('the archive has the images, the configuration, and what the container changed of its root', async () => {
  const context = standIn('dumps', 'echo image >"$IMAGES/pages-1.img"; echo fine >"$WORK/dump.log"; exit 0');
  const id = await running(context, 'dumped');
  const location = join(host.directory, 'a.tar');
  await checkpointContainer(context, id, location);
  const out = join(host.directory, 'a');
  mkdirSync(out);
  execFileSync('tar', ['-C', out, '-xf', location]);
  assert.deepEqual(readdirSync(out).sort(), [
    'checkpoint',
    'config.dump',
    'deleted.files',
    'dump.log',
    'rootfs-diff.tar',
    'spec.dump',
  ]);
  assert.equal(readFileSync(join(out, 'checkpoint/pages-1.img'), 'utf8'), 'image\n');
  const config = JSON.parse(readFileSync(join(out, 'config.dump'), 'utf8')) as Record<string, unknown>;
  assert.deepEqual([config['id'], config['name'], config['rootfsImage']], [id, 'dumped', 'sha256:busybox']);
  assert.equal(typeof (JSON.parse(readFileSync(join(out, 'spec.dump'), 'utf8')) as object), 'object');
  const deleted = JSON.parse(readFileSync(join(out, 'deleted.files'), 'utf8')) as string[];
  assert.deepEqual(deleted.sort(), ['data/a', 'etc/group']);
  const changed = execFileSync('tar', ['-tf', join(out, 'rootfs-diff.tar')], { encoding: 'utf8' });
  for (const path of ['new', 'etc/passwd', 'data/', 'data/b'])
    assert.ok(changed.split('\n').includes(path), path);
  assert.ok(!changed.includes('group'));
  assert.equal((await containerStatus(context, id)).state, 'CONTAINER_RUNNING');
  assert.equal(existsSync(join(context.paths.containers, id, 'checkpoint')), false);
});

test('one that fails, or takes too long, leaves nothing, and says why', async () => {
  const fails = standIn(
    'fails',
    'echo "(00.1) Error (criu/x.c:1): no way" >"$WORK/dump.log"; echo failed >&2; exit 1',
  );
  const id = await running(fails, 'failing');
  const location = join(host.directory, 'b.tar');
  await assert.rejects(checkpointContainer(fails, id, location), {
    code: 'RunContainerError',
    message: 'CRIU cannot checkpoint the container: failed; Error (criu/x.c:1): no way',
  });
  const slow = standIn('fails', 'exec sleep 1000');
  await assert.rejects(checkpointContainer(slow, id, location, { timeoutMs: 500 }), { code: 'TimedOut' });
  const without = standIn('fails', 'echo "crun was built without CRIU" >&2; exit 1');
  await assert.rejects(checkpointContainer(without, id, location), { code: 'Unsupported' });
  assert.deepEqual(
    readdirSync(host.directory).filter((name) => name.startsWith('b.tar')),
    [],
  );
  assert.equal(existsSync(join(host.context.paths.containers, id, 'checkpoint')), false);
  await assert.rejects(checkpointContainer(fails, id, 'b.tar'), { code: 'Invalid', message: /location/ });
});

test('the OCI runtime finds CRIU where we do, whatever PATH says', async () => {
  const context = standIn(
    'looks',
    'command -v criu >/dev/null || exit 1; echo fine >"$WORK/dump.log"; exit 0',
  );
  const id = await running(context, 'found');
  const { PATH = '' } = process.env;
  process.env['PATH'] = '/usr/bin:/bin';
  try {
    await checkpointContainer(context, id, join(host.directory, 'found.tar'));
  } finally {
    process.env['PATH'] = PATH;
  }
});

test('without CRIU it is UNIMPLEMENTED, and the container runs on', async () => {
  await using cri = await startCri({ wrapper: withoutPrograms('criu') });
  const containerId = await cri.runShell(await cri.runPod('plain'), 'c', 'sleep 1000', { logPath: '' });
  const location = join(cri.peapod.directory, 'c.tar');
  await assert.rejects(cri.runtime.checkpointContainer({ containerId, location }), ({ cause }: Error) => {
    const { code, details } = cause as { code?: number; details?: string };
    assert.deepEqual([code, details], [12, 'CheckpointContainer: not supported: criu is not installed']);
    return true;
  });
  const { stdout } = await cri.runtime.execSync({ containerId, cmd: ['echo', 'alive'] });
  assert.equal(Buffer.from(stdout).toString(), 'alive\n');
});

const check = spawnSync('criu', ['check'], { encoding: 'utf8' });

test(`by CRIU itself, which ${check.status === 0 ? 'works' : 'cannot work'} on this kernel`, async () => {
  const id = await running(host.context, 'real');
  const location = join(host.directory, 'real.tar');
  const made = checkpointContainer(host.context, id, location);
  if (check.status !== 0) {
    const [reason = ''] = /Error \(.*/.exec(check.stderr) ?? [];
    assert.match(reason, /^Error/);
    await assert.rejects(made, {
      code: 'RunContainerError',
      message: /CRIU cannot checkpoint the container: /,
    });
    assert.equal(existsSync(location), false);
  } else {
    await made;
    const names = execFileSync('tar', ['-tf', location], { encoding: 'utf8' });
    assert.match(names, /checkpoint\/pages-1\.img/);
  }
  assert.equal((await containerStatus(host.context, id)).state, 'CONTAINER_RUNNING');
});
