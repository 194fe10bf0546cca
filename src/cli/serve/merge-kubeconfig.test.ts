import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { mergeInto, mergeKubeconfig, renamed } from './merge-kubeconfig.ts';

const own = (server: string, ca: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'peapod',
    clusters: [{ name: 'peapod', cluster: { server, 'certificate-authority-data': ca } }],
    users: [{ name: 'peapod', user: { 'client-key-data': `key-${ca}` } }],
    contexts: [{ name: 'peapod', context: { cluster: 'peapod', user: 'peapod' } }],
  });
const OURS = own('https://127.0.0.1:6443', 'Q0E=');
const AT = { name: 'peapod', path: 'config' };

const FOREIGN = `# mine
apiVersion: v1
kind: Config
preferences: { colors: true }
current-context: work # the important one
clusters:
  - name: work
    cluster: { server: 'https://work.example' }
users:
  - name: work
    user: { token: secret, exec: { command: login, apiVersion: client.authentication.k8s.io/v1 } }
contexts:
  - name: work
    context: { cluster: work, user: work, namespace: team }
`;

let directory: string;
before(async () => void (directory = await mkdtemp(join(tmpdir(), 'kubeconfig-'))));
after(() => rm(directory, { recursive: true }));

test('nothing of what others wrote is lost, comments neither', () => {
  const merged = mergeInto(FOREIGN, OURS, AT);
  const { clusters, users, contexts, ...rest } = parse(merged) as Record<string, unknown[]>;
  const before = parse(FOREIGN) as Record<string, unknown[]>;
  assert.deepEqual(clusters?.[0], before['clusters']?.[0]);
  assert.deepEqual(users?.[0], before['users']?.[0]);
  assert.deepEqual(contexts?.[0], before['contexts']?.[0]);
  assert.deepEqual([clusters?.length, users?.length, contexts?.length], [2, 2, 2]);
  assert.deepEqual(rest, {
    apiVersion: 'v1',
    kind: 'Config',
    preferences: { colors: true },
    'current-context': 'peapod',
  });
  assert.match(merged, /^# mine/);
});

test('merging again changes what is ours in place, and keeps what the user added to the context', () => {
  const once = mergeInto(FOREIGN, OURS, AT).replace(
    '    user: peapod\n',
    '    user: peapod\n      namespace: mine\n',
  );
  const twice = parse(mergeInto(once, own('https://127.0.0.1:7443', 'Q0E='), AT)) as {
    clusters: { cluster: { server: string } }[];
    contexts: { context: object }[];
  };
  assert.equal(twice.clusters.length, 2);
  assert.equal(twice.clusters[1]?.cluster.server, 'https://127.0.0.1:7443');
  assert.deepEqual(twice.contexts[1]?.context, { cluster: 'peapod', user: 'peapod', namespace: 'mine' });
});

test('a name that is another cluster’s is refused, and another name helps', () => {
  const other = mergeInto('', own('https://elsewhere:6443', 'T1RIRVI='), AT);
  const refused = { code: 'Conflict', message: '"peapod" in config is another cluster\'s' };
  assert.throws(() => mergeInto(other, OURS, AT), refused);
  assert.throws(() => mergeInto('users: [{ name: peapod, user: {} }]', OURS, AT), refused);
  const both = parse(mergeInto(other, renamed(OURS, 'two'), { ...AT, name: 'two' })) as {
    contexts: { name: string; context: object }[];
    'current-context': string;
  };
  assert.deepEqual(both.contexts[1], { name: 'two', context: { cluster: 'two', user: 'two' } });
  assert.equal(both['current-context'], 'two');
});

test('empty files and sections are filled', () => {
  for (const text of ['', '---\n', 'clusters: null\nusers: []\n', '{}']) {
    const merged = parse(mergeInto(text, OURS, AT)) as Record<string, unknown[]>;
    assert.deepEqual(
      [merged['clusters']?.length, merged['users']?.length, merged['contexts']?.length],
      [1, 1, 1],
    );
  }
});

test('what is no kubeconfig is left alone', () => {
  for (const text of ['[1]', 'clusters: 3', 'a: [', 'text'])
    assert.throws(() => mergeInto(text, OURS, AT), { code: 'Invalid' });
});

test('the file is made in the home, for its owner alone', async () => {
  const path = await mergeKubeconfig(OURS, 'peapod', { HOME: join(directory, 'home') });
  assert.equal(path, join(directory, 'home/.kube/config'));
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(directory, 'home/.kube')), ['config']);
});

test('of several files the one with the context is changed, else the first; a symlink stays one', async () => {
  const at = (name: string) => join(directory, 'several', name);
  await mkdir(join(directory, 'several'));
  await writeFile(at('a'), FOREIGN);
  await chmod(at('a'), 0o644);
  await writeFile(at('real'), '{}');
  await symlink('real', at('b'));
  const env = { KUBECONFIG: `${at('b')}:${at('a')}:${at('none')}` };
  assert.equal(await mergeKubeconfig(OURS, 'peapod', env), at('real'));
  assert.match(await readFile(at('b'), 'utf8'), /peapod/);
  assert.equal(await readFile(at('a'), 'utf8'), FOREIGN);
  assert.equal(await mergeKubeconfig(OURS, 'peapod', { KUBECONFIG: `${at('a')}:${at('b')}` }), at('real'));
});

test('who writes at the same time as kubectl is told', async () => {
  const path = join(directory, 'locked');
  await writeFile(`${path}.lock`, '');
  await assert.rejects(mergeKubeconfig(OURS, 'peapod', { KUBECONFIG: path }), {
    code: 'Conflict',
    retryable: true,
  });
});
