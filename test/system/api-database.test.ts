/** What a server does whose database is full, damaged or read-only, and what its log does not hold. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { cp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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

/** The server's directory on a file system of its own, for as long as the work takes. @param mount what `mount` is told */
async function onDisk(mount: readonly string[], work: () => Promise<void>): Promise<void> {
  const aside = `${directory}.aside`;
  await cluster.stop();
  await rename(directory, aside);
  await run('mkdir', ['-m', '700', directory]);
  await run('mount', [...mount, directory]);
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

const onSmallDisk = (work: () => Promise<void>): Promise<void> =>
  onDisk(['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs'], work);

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
    assert.match(cluster.stderr(), /the disk is full/);
    await cluster.stop();
    await run('sh', [
      '-c',
      `dd if=/dev/zero of=${filler} bs=4096 conv=notrunc oflag=append 2>/dev/null || true`,
    ]);
    // In the background it says so too, and does not wait for a node that cannot become ready.
    const told = await cluster.peapod.succeed(['serve', '--detach', '--listen', '127.0.0.1:0']);
    assert.match(
      told,
      /Listening on .*\nServing without writes: .*state\.db: the disk is full; try: free some space/,
    );
    await cluster.peapod.succeed(['serve', '--stop']);
    await using server = cluster.peapod.start(['serve', '--listen', '127.0.0.1:0']);
    await server.untilPrinted(/Listening on/);
    const asRoot = ['--kubeconfig', await kubeconfigOf(server.stdout)];
    const kept = await cluster.call([...asRoot, 'get', 'configmap', 'kept', '-o', 'yaml']);
    assert.match(kept.stdout, /k: xxxxxxxxxx/, kept.stderr);
    await rm(filler);
    const accepted = await cluster.call([...asRoot, 'create', 'configmap', 'accepted', '--from-literal=k=v']);
    assert.equal(accepted.code, 0, accepted.stderr);
    server.signal('SIGTERM');
    await server.ended();
  });
});

test('a database whose pages were overwritten is named, with what to do, before anything is served from it', async () => {
  const [database, backup] = [join(directory, 'state.db'), join(cluster.peapod.directory, 'backup.db')];
  for (let index = 0; index < 20; index += 1)
    assert.equal((await createMap(`filling-${index}`, 5000)).code, 0);
  await cluster.stop();
  assert.ok(!existsSync(`${database}-wal`) || statSync(`${database}-wal`).size === 0, 'all is in the file');
  await cp(database, backup);
  const damage = await open(database, 'r+');
  await damage.write(Buffer.alloc(15 * 4096, 0x5a), 0, 15 * 4096, 4096);
  await damage.close();
  const { code, stderr } = await cluster.peapod.call(['serve', '--listen', '127.0.0.1:0']);
  assert.notEqual(code, 0);
  assert.match(stderr, /state\.db is damaged: .*\n.*put a backup in the place of \S+state\.db/);
  await cp(backup, database);
  await cluster.start();
  assert.match(await cluster.kubectl('get', 'configmap', 'filling-7', '-o', 'name'), /filling-7/);
});

test('an object whose bytes are others is named, the rest is read, and what is damaged can be given up', async () => {
  const database = join(directory, 'state.db');
  for (const name of ['spoilt', 'sound']) assert.equal((await createMap(name)).code, 0);
  await cluster.stop();
  const sqlite = new DatabaseSync(database);
  sqlite.exec("UPDATE log SET value = x'5a5a5a' WHERE key = '/configmaps/default/spoilt'");
  sqlite.close();
  await using server = cluster.peapod.start(['serve', '--listen', '127.0.0.1:0']);
  await server.untilPrinted(/Listening on/);
  const asRoot = ['--kubeconfig', await kubeconfigOf(server.stdout)];
  const list = await cluster.call([...asRoot, 'get', 'configmaps', '-o', 'name']);
  assert.match(list.stdout, /^configmap\/sound$/m);
  assert.match(list.stderr, /Warning: the object \/configmaps\/default\/spoilt is damaged in the database/);
  const spoilt = await cluster.call([...asRoot, 'get', 'configmap', 'spoilt']);
  assert.match(spoilt.stderr, /cannot read configmaps "spoilt": it is damaged in the database/);
  const refused = await cluster.call([...asRoot, 'create', 'configmap', 'more', '--from-literal=k=v']);
  const [, giveUp = ''] = /one by one: kubectl (delete --raw '\S+')/.exec(refused.stderr) ?? [];
  assert.match(
    server.stderr,
    /serving without writes: .*spoilt is damaged .*try: stop peapod and put a backup/,
  );
  const given = await cluster.call([...asRoot, ...giveUp.replaceAll("'", '').split(' ')]);
  assert.match(given.stdout, /"status": ?"Success"/, given.stderr);
  const again = await cluster.call([...asRoot, 'create', 'configmap', 'more', '--from-literal=k=v']);
  assert.match(again.stdout, /configmap\/more created/, again.stderr);
  await server.untilPrinted(/Node \S+ is ready/);
  server.signal('SIGTERM');
  await server.ended();
  await cluster.start();
});

/** On one that an error of the disk can make read-only at any time. */
async function onFailingDisk(work: (fail: () => Promise<void>) => Promise<void>): Promise<void> {
  const image = join(cluster.peapod.directory, 'disk.img');
  await run('truncate', ['-s', '64m', image]);
  await run('mkfs.ext4', ['-q', '-F', image]);
  await onDisk(['-o', 'loop,errors=remount-ro', image], async () => {
    const device = (await run('findmnt', ['-no', 'SOURCE', directory])).stdout.trim();
    await work(() => writeFile(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1'));
  });
}

test('when the disk becomes read-only writes are refused, and reads and watches go on, also from a fresh start', async () => {
  await onFailingDisk(async (fail) => {
    assert.equal((await createMap('kept')).code, 0);
    // Made when it is missing, at every start that can.
    await cluster.kubectl('delete', 'storageclass', 'standard');
    await fail();
    const refused = await createMap('refused');
    assert.match(refused.stderr, /cannot write to \S+state\.db; try: make the file and its folder writable/);
    assert.match(await cluster.kubectl('get', 'configmap', 'kept', '-o', 'yaml'), /k: xxxxxxxxxx/);
    assert.match(
      await cluster.kubectl('get', 'configmaps', '-w', '--request-timeout=2s', '-o', 'name'),
      /configmap\/kept/,
    );
    await cluster.stop();
    await using server = cluster.peapod.start(['serve', '--listen', '127.0.0.1:0']);
    await server.untilPrinted(/Listening on/);
    const asRoot = ['--kubeconfig', await kubeconfigOf(server.stdout)];
    const kept = await cluster.call([...asRoot, 'get', 'configmap', 'kept', '-o', 'yaml']);
    assert.match(kept.stdout, /k: xxxxxxxxxx/, kept.stderr);
    const again = await cluster.call([...asRoot, 'create', 'configmap', 'refused', '--from-literal=k=v']);
    assert.match(again.stderr, /cannot write to \S+state\.db/);
    assert.match(server.stderr, /serving without writes: cannot write to /);
    assert.match(server.stderr, /what every cluster has cannot be made at present/);
  });
});

/** Of the administrator, for the server that has printed this. */
async function kubeconfigOf(stdout: string): Promise<string> {
  const [, url = ''] = /Listening on (\S+)/.exec(stdout) ?? [];
  const path = join(cluster.peapod.directory, 'read-only.kubeconfig');
  const text = await readFile(cluster.kubeconfig, 'utf8');
  await writeFile(path, text.replace(/server: \S+/, `server: ${url}`));
  return path;
}

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
