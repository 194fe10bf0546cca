/** What a server does whose database has no room, and what its log does not hold. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startCluster, type TestCluster } from './support/cluster.ts';

const run = promisify(execFile);

let cluster: TestCluster;
let directory: string;
before(async () => {
  cluster = await startCluster();
  directory = join(cluster.peapod.root, 'cluster/server');
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
});

/** The server's directory on a disk of its own, for as long as the work takes. */
async function onSmallDisk(work: () => Promise<void>): Promise<void> {
  const aside = `${directory}.aside`;
  await cluster.stop();
  await rename(directory, aside);
  await run('mkdir', ['-m', '700', directory]);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', directory]);
  try {
    await cp(aside, directory, { recursive: true, preserveTimestamps: true });
    await cluster.start();
    await work();
  } finally {
    await cluster.stop();
    await run('umount', [directory]);
    await rm(directory, { recursive: true });
    await rename(aside, directory);
    await cluster.start();
  }
}

const createMap = (name: string, bytes = 10) =>
  cluster.call(['create', 'configmap', name, `--from-literal=k=${'x'.repeat(bytes)}`]);

test('without room writes are refused, reads go on, and writes too when there is room again', async () => {
  await onSmallDisk(async () => {
    assert.equal((await createMap('kept')).code, 0);
    const filler = join(directory, 'filler');
    await run('sh', ['-c', `dd if=/dev/zero of=${filler} bs=4096 2>/dev/null || true`]);
    let refused = await createMap('refused-0', 100_000);
    for (let index = 1; refused.code === 0 && index < 50; index += 1)
      refused = await createMap(`refused-${index}`, 100_000);
    assert.match(refused.stderr, /state\.db: the disk is full; try: free some space/);
    assert.match(await cluster.kubectl('get', 'configmap', 'kept', '-o', 'yaml'), /k: xxxxxxxxxx/);
    await rm(filler);
    assert.equal((await createMap('accepted')).code, 0);
    assert.match(cluster.stderr(), /the disk is full/);
  });
});

test("no secret is in the server's log, whatever goes wrong with it", async () => {
  const SECRET = 'tr0ub4dor';
  const base64 = Buffer.from(SECRET).toString('base64');
  await cluster.kubectl('create', 'secret', 'generic', 'hidden', `--from-literal=password=${SECRET}`);
  await cluster.kubectl('get', 'secret', 'hidden', '-o', 'yaml');
  const manifest = (data: object) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hidden' }, data });
  await cluster.call(['replace', '--validate=false', '-f', '-'], manifest({ 'bad key': base64 }));
  await cluster.call(['apply', '--validate=false', '-f', '-'], `${manifest({ k: base64 })}{`);
  const token = (await cluster.kubectl('create', 'token', 'default')).trim();
  const [head = '', claims = '', signature = ''] = token.split('.');
  await cluster.call(['--token', token, '--kubeconfig', '/dev/null', 'get', 'pods']);
  await cluster.call(['--token', `${head}.${claims}.forged`, 'get', 'pods']);
  await cluster.call(['get', 'pods', '--raw', `/api/v1/pods?token=${token}`]);
  const log = cluster.stderr();
  for (const secret of [SECRET, base64, claims, signature]) {
    assert.ok(secret.length > 5);
    assert.ok(!log.includes(secret), log);
  }
});
