/** What people do with kubectl, verb by verb. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { imageReference } from './support/images.ts';
import { type KubectlServer, startKubectlServer } from './support/kubectl-server.ts';
import { until } from './support/peapod.ts';

const IMAGE = imageReference('busybox');
const SLEEP = 'trap exit TERM; sleep 1000 & wait';

let server: KubectlServer;
before(async () => (server = await startKubectlServer()));
after(() => server[Symbol.asyncDispose]());

const kubectl = (...args: string[]): Promise<string> => server.kubectl(...args);

function configMap(name: string, data: Record<string, string>, labels = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', labels }, data };
}

test('apply prunes what is no longer in the manifest, and leaves alone what others made', async () => {
  const labels = { set: 'pruned' };
  const prune = ['--prune', '-l', 'set=pruned', '--prune-allowlist=core/v1/ConfigMap'];
  await kubectl('create', 'configmap', 'foreign');
  await kubectl('label', 'configmap', 'foreign', 'set=pruned');
  await server.apply([configMap('a', {}, labels), configMap('b', {}, labels)], ...prune);
  const said = await server.apply([configMap('a', { x: '1' }, labels)], ...prune);
  assert.match(said, /configmap\/a configured/);
  assert.match(said, /configmap\/b pruned/);
  const left = (await kubectl('get', 'configmaps', '-l', 'set=pruned', '-o', 'name')).trim().split('\n');
  assert.deepEqual(left, ['configmap/a', 'configmap/foreign']);
});

test('a field that is taken out of the manifest goes; what others added stays', async () => {
  await server.apply([configMap('three-way', { ours: '1', gone: '1' })]);
  await kubectl('patch', 'configmap', 'three-way', '--type=merge', '-p', '{"data":{"theirs":"2"}}');
  await server.apply([configMap('three-way', { ours: '3' })]);
  const data = await kubectl('get', 'configmap', 'three-way', '-o', 'jsonpath={.data}');
  assert.deepEqual(JSON.parse(data), { ours: '3', theirs: '2' });
});

test('diff shows what apply would change, and changes nothing', async () => {
  await server.apply([configMap('d', { k: 'old' })]);
  const diff = (value: string) =>
    server.call(['diff', '-f', '-'], { input: JSON.stringify(configMap('d', { k: value })) });
  assert.deepEqual(await diff('old'), { code: 0, stdout: '', stderr: '' });
  const changed = await diff('new');
  assert.equal(changed.code, 1);
  assert.match(changed.stdout, /^-\s+k: old$/m);
  assert.match(changed.stdout, /^\+\s+k: new$/m);
  assert.equal(await kubectl('get', 'configmap', 'd', '-o', 'jsonpath={.data.k}'), 'old');
});

test('edit changes what the editor changed, and names what is wrong', async () => {
  await server.apply([configMap('edited', { k: 'before' })]);
  const script = join(server.peapod.directory, 'edit.sed');
  const edit = async (text: string) => {
    await writeFile(script, text);
    return server.call(['edit', 'configmap', 'edited'], {
      env: { EDITOR: `sed -i -f ${script}`, TMPDIR: server.peapod.directory },
    });
  };
  assert.match((await edit('s/before/after/')).stdout, /configmap\/edited edited/);
  assert.equal(await kubectl('get', 'configmap', 'edited', '-o', 'jsonpath={.data.k}'), 'after');
  assert.match((await edit('s/nothing/nothing/')).stderr, /no changes made/);
  const wrong = await edit('s/^  k: after/  bad@key: x/');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /configmaps "edited" is invalid/);
  const kept = /stored to "(.*)"/.exec(wrong.stderr)?.[1] ?? '';
  assert.match(
    await readFile(kept, 'utf8'),
    /# \* data\[bad@key\]: Invalid value: "bad@key": a valid config key must/,
  );
});

test('patches of three types', async () => {
  await server.apply([configMap('p', { a: '1', b: '2' })]);
  const data = async () => JSON.parse(await kubectl('get', 'configmap', 'p', '-o', 'jsonpath={.data}'));
  const patch = (type: string, text: string) =>
    kubectl('patch', 'configmap', 'p', `--type=${type}`, '-p', text);
  await patch(
    'json',
    '[{"op":"test","path":"/data/a","value":"1"},{"op":"move","from":"/data/a","path":"/data/c"}]',
  );
  assert.deepEqual(await data(), { b: '2', c: '1' });
  await patch('merge', '{"data":{"b":null,"d":"4"}}');
  assert.deepEqual(await data(), { c: '1', d: '4' });
  await patch('strategic', '{"data":{"$patch":"replace","e":"5"}}');
  assert.deepEqual(await data(), { e: '5' });
  const failed = await server.call([
    'patch',
    'configmap',
    'p',
    '--type=json',
    '-p',
    '[{"op":"test","path":"/data/e","value":"6"}]',
  ]);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /test/);
});

test('labels and annotations are set, kept, overwritten and removed', async () => {
  await server.apply([configMap('l', {})]);
  await kubectl('label', 'configmap', 'l', 'a=1', 'b=2');
  const refused = await server.call(['label', 'configmap', 'l', 'a=3']);
  assert.match(refused.stderr, /already has a value \(1\), and --overwrite is false/);
  await kubectl('label', 'configmap', 'l', 'a=3', 'b-', '--overwrite');
  assert.equal(await kubectl('get', 'configmap', 'l', '-o', 'jsonpath={.metadata.labels}'), '{"a":"3"}');
  await kubectl('annotate', 'configmap', 'l', 'note=some words');
  assert.equal(
    await kubectl('get', 'configmap', 'l', '-o', 'jsonpath={.metadata.annotations.note}'),
    'some words',
  );
  const invalid = await server.call(['label', 'configmap', 'l', 'a=no spaces', '--overwrite']);
  assert.match(invalid.stderr, /a valid label must/);
});

test('get prints every format', async () => {
  await server.apply([
    configMap('f1', { k: 'v' }, { fmt: 'yes', n: '2' }),
    configMap('f2', {}, { fmt: 'yes', n: '1' }),
  ]);
  const get = (...args: string[]) => kubectl('get', 'configmaps', '-l', 'fmt=yes', ...args);
  assert.match(await get(), /^NAME +DATA +AGE\nf1 +1 +\d+s\nf2 +0 +\d+s\n$/);
  assert.match(await get('--show-labels'), /fmt=yes,n=2/);
  assert.match(await get('-L', 'n'), /N\nf1 +1 +\d+s +2\n/);
  assert.equal(await get('-o', 'name'), 'configmap/f1\nconfigmap/f2\n');
  assert.equal((JSON.parse(await get('-o', 'json')) as { items: unknown[] }).items.length, 2);
  assert.match(await get('-o', 'yaml'), /^ {2}data:\n {4}k: v$/m);
  assert.equal(await get('-o', 'jsonpath={.items[*].metadata.name}'), 'f1 f2');
  assert.equal(await get('-o', 'go-template={{range .items}}{{.metadata.name}};{{end}}'), 'f1;f2;');
  assert.match(await get('-o', 'custom-columns=NAME:.metadata.name,K:.data.k'), /f1 +v\nf2 +<none>/);
  assert.match(await get('--sort-by=.metadata.labels.n'), /f2[\s\S]*f1/);
  assert.equal(await get('--field-selector', 'metadata.name=f2', '-o', 'name'), 'configmap/f2\n');
  assert.equal(
    await kubectl('get', 'configmaps', '-l', 'fmt in (yes),n notin (1)', '-o', 'name'),
    'configmap/f1\n',
  );
  assert.match(
    await kubectl('get', 'nodes', '-o', 'wide'),
    /INTERNAL-IP +EXTERNAL-IP +OS-IMAGE +KERNEL-VERSION/,
  );
  const unsupported = await server.call(['get', 'configmaps', '--field-selector', 'data.k=v']);
  assert.match(unsupported.stderr, /field label not supported: data.k/);
  assert.match(
    (await server.call(['get', 'nonsense'])).stderr,
    /the server doesn't have a resource type "nonsense"/,
  );
});

test('generators make what they say', async () => {
  const directory = join(server.peapod.directory, 'files');
  await mkdir(directory);
  await writeFile(join(directory, 'text'), 'line\n');
  await writeFile(join(directory, 'bytes'), Buffer.from([0xff, 0xfe, 0]));
  const create = (...args: string[]) => kubectl('create', ...args);
  await create('configmap', 'files', `--from-file=${directory}`);
  const files = JSON.parse(await kubectl('get', 'configmap', 'files', '-o', 'json')) as Record<
    string,
    unknown
  >;
  assert.deepEqual([files['data'], files['binaryData']], [{ text: 'line\n' }, { bytes: '//4A' }]);
  await create('secret', 'generic', 's', '--from-literal=password=hidden');
  const secret = await kubectl('get', 'secret', 's', '-o', 'jsonpath={.data.password}');
  assert.equal(Buffer.from(secret, 'base64').toString(), 'hidden');
  await create('deployment', 'gen', `--image=${IMAGE}`, '--replicas=0');
  await create('job', 'gen', `--image=${IMAGE}`, '--', 'true');
  await create('cronjob', 'gen', `--image=${IMAGE}`, '--schedule=0 0 1 1 *', '--', 'true');
  await create('serviceaccount', 'gen');
  await create('role', 'gen', '--verb=get,list', '--resource=pods');
  await create('rolebinding', 'gen', '--role=gen', '--serviceaccount=default:gen');
  await create('clusterrole', 'gen', '--verb=get', '--resource=nodes');
  await create('clusterrolebinding', 'gen', '--clusterrole=gen', '--user=jane');
  await create('namespace', 'gen');
  await create('quota', 'gen', '--hard=pods=5', '-n', 'gen');
  await create('poddisruptionbudget', 'gen', '--selector=app=gen', '--min-available=1');
  await create('priorityclass', 'gen', '--value=7');
  const kinds = [
    'deployment',
    'job',
    'cronjob',
    'serviceaccount',
    'role',
    'rolebinding',
    'clusterrole',
    'clusterrolebinding',
    'namespace',
    'poddisruptionbudget',
    'priorityclass',
  ];
  for (const kind of kinds) assert.match(await kubectl('describe', kind, 'gen'), /^Name: +gen$/m, kind);
  assert.match(await kubectl('describe', 'quota', 'gen', '-n', 'gen'), /pods +0 +5/);
  assert.match(await kubectl('describe', 'secret', 's'), /password: +6 bytes/);
  assert.match(await kubectl('describe', 'node'), /^Allocatable:$/m);
  assert.match(
    (await server.call(['create', 'configmap', 'files'])).stderr,
    /\(AlreadyExists\)|already exists/,
  );
});

test('auth can-i asks for oneself, for others, and for everything', async () => {
  await kubectl('create', 'serviceaccount', 'reader');
  await kubectl('create', 'role', 'reader', '--verb=get', '--resource=configmaps');
  await kubectl('create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=default:reader');
  const as = ['--as', 'system:serviceaccount:default:reader'];
  const can = async (...args: string[]) =>
    (await server.call(['auth', 'can-i', ...args, ...as])).stdout.trim();
  assert.equal(await can('get', 'configmaps'), 'yes');
  assert.equal(await can('delete', 'configmaps'), 'no');
  assert.equal(await can('get', 'configmaps', '-n', 'kube-system'), 'no');
  assert.match(await can('--list'), /configmaps +\[\] +\[\] +\[get\]/);
  const refused = await server.call(['get', 'secrets', ...as]);
  assert.match(
    refused.stderr,
    /User "system:serviceaccount:default:reader" cannot list resource "secrets" in API group "" in the namespace "default"/,
  );
});

test('explain and discovery know every kind', async () => {
  assert.match(await kubectl('explain', 'deployment.spec.strategy.rollingUpdate'), /maxSurge/);
  assert.match(await kubectl('explain', 'pod', '--recursive'), /securityContext/);
  const listed = await kubectl('api-resources', '--verbs=list', '--no-headers');
  for (const line of listed.trim().split('\n')) {
    const [name = '', ...rest] = line.split(/ +/);
    const version = rest.at(-3) ?? '';
    const said = await kubectl('explain', name, `--api-version=${version}`);
    assert.match(said, new RegExp(`^KIND: +${rest.at(-1)}$`, 'm'), name);
    assert.match(said, /^ {2}metadata\t<ObjectMeta>/m, name);
  }
  const versions = (await kubectl('api-versions')).trim().split('\n');
  for (const version of ['v1', 'apps/v1', 'batch/v1', 'policy/v1', 'rbac.authorization.k8s.io/v1'])
    assert.ok(versions.includes(version), version);
});

test('wait sees a field, a condition and a deletion', async () => {
  await kubectl('create', 'configmap', 'waited');
  const waiting = server.call(['wait', '--for=delete', 'configmap/waited', '--timeout=20s']);
  await kubectl('delete', 'configmap', 'waited');
  assert.equal((await waiting).code, 0);
  const late = await server.call(['wait', '--for=condition=Never', 'node', '--all', '--timeout=1s']);
  assert.equal(late.code, 1);
  assert.match(late.stderr, /timed out waiting for the condition/);
});

test('a pod is forwarded to, attached to, copied from and debugged', async () => {
  const command = `echo page > /tmp/index.html; httpd -p 8080 -h /tmp; cat; ${SLEEP}`;
  const container = {
    name: 'c',
    image: IMAGE,
    imagePullPolicy: 'Never',
    command: ['sh', '-c', command],
    stdin: true,
  };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'tools' },
    spec: { containers: [container] },
  };
  await server.apply([pod]);
  await kubectl('wait', '--for=condition=Ready', 'pod/tools', '--timeout=20s');
  const forward = server.start('port-forward', 'pod/tools', ':8080');
  try {
    const [line] = (await once(forward.stdout, 'data')) as [Buffer];
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(line.toString())?.[1]);
    const pages = await Promise.all(Array.from({ length: 20 }, () => getText(port)));
    assert.deepEqual(new Set(pages), new Set(['page\n']));
  } finally {
    forward.kill();
    await once(forward, 'close');
  }
  const attached = server.start('attach', '-i', 'tools');
  try {
    attached.stdin.write('typed\n');
    const [echo] = (await once(attached.stdout, 'data')) as [Buffer];
    assert.equal(echo.toString(), 'typed\n');
  } finally {
    attached.kill();
    await once(attached, 'close');
  }
  const copy = join(server.peapod.directory, 'copied.html');
  await kubectl('cp', 'tools:/tmp/index.html', copy);
  assert.equal(await readFile(copy, 'utf8'), 'page\n');
  const debug = [
    'debug',
    'tools',
    `--image=${IMAGE}`,
    '--image-pull-policy=Never',
    '-c',
    'dbg',
    '--',
    'echo',
    'looked',
  ];
  await kubectl(...debug);
  await until('the ephemeral container has run', async () =>
    (await server.call(['logs', 'tools', '-c', 'dbg'])).stdout === 'looked\n' ? true : undefined,
  );
  assert.match(await kubectl('events', '--for', 'pod/tools'), /Normal +Started +Pod\/tools/);
  await kubectl('delete', 'pod', 'tools', '--grace-period=0', '--force');
  await kubectl('wait', '--for=delete', 'pod/tools', '--timeout=20s');
});

test('deletion cascades, or leaves orphans, as it is told', async () => {
  const create = async () => {
    await kubectl('create', 'deployment', 'owner', `--image=${IMAGE}`, '--replicas=0');
    return until('there is a replica set', async () => {
      const found = await kubectl('get', 'replicasets', '-l', 'app=owner', '-o', 'name');
      return found.trim() === '' ? undefined : found.trim();
    });
  };
  const left = async () => (await kubectl('get', 'replicasets', '-l', 'app=owner', '-o', 'name')).trim();
  await create();
  await kubectl('delete', 'deployment', 'owner', '--cascade=foreground', '--timeout=20s');
  assert.equal(await left(), '');
  const orphan = await create();
  await kubectl('delete', 'deployment', 'owner', '--cascade=orphan', '--timeout=20s');
  assert.equal(await left(), orphan);
  assert.equal(await kubectl('get', orphan, '-o', 'jsonpath={.metadata.ownerReferences}'), '');
  await kubectl('delete', orphan);
  await create();
  await kubectl('delete', 'deployment', 'owner', '--wait=false');
  await until('the replica set is gone', async () => ((await left()) === '' ? true : undefined));
});

test('rollouts have a history, pause, resume and restart; a rollout is followed through a restart of the server', async () => {
  await kubectl('create', 'deployment', 'r', `--image=${IMAGE}`, '--replicas=1', '--', 'sh', '-c', SLEEP);
  const policy =
    '{"spec":{"minReadySeconds":4,"template":{"spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"busybox","imagePullPolicy":"Never"}]}}}}';
  await kubectl('patch', 'deployment', 'r', '-p', policy);
  await kubectl('rollout', 'status', 'deployment/r', '--timeout=30s');
  assert.match(await kubectl('rollout', 'history', 'deployment/r'), /^1 [\s\S]*^2 /m);
  await kubectl('rollout', 'pause', 'deployment/r');
  await kubectl('set', 'env', 'deployment/r', 'A=1');
  const updated = () => kubectl('get', 'deployment', 'r', '-o', 'jsonpath={.status.updatedReplicas}');
  await until('the pause is seen', async () => ((await updated()) === '1' ? undefined : true));
  await kubectl('rollout', 'resume', 'deployment/r');
  const followed = server.start('rollout', 'status', 'deployment/r', '--timeout=50s');
  const ended = once(followed, 'exit');
  await once(followed.stdout, 'data');
  await server.restart();
  assert.equal(followed.exitCode, null);
  assert.deepEqual(await ended, [0, null]);
  await kubectl('rollout', 'restart', 'deployment/r');
  await kubectl('rollout', 'status', 'deployment/r', '--timeout=30s');
  assert.match(await kubectl('rollout', 'history', 'deployment/r'), /^4 /m);
  await kubectl('scale', 'deployment/r', '--replicas=0', '--current-replicas=1');
  const wrong = await server.call(['scale', 'deployment/r', '--replicas=1', '--current-replicas=5']);
  assert.match(wrong.stderr, /Expected replicas to be 5, was 0/);
  await kubectl('wait', '--for=delete', 'pod', '-l', 'app=r', '--timeout=30s');
});

test('a watch that is taken up after a restart of the server misses and repeats nothing', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `w${String(index).padStart(2, '0')}`);
  const version = (
    JSON.parse(await kubectl('get', 'configmaps', '-o', 'json', '--chunk-size=0')) as {
      metadata: { resourceVersion: string };
    }
  ).metadata.resourceVersion;
  const list = JSON.parse(await kubectl('get', '--raw', '/api/v1/namespaces/default/configmaps?limit=1')) as {
    metadata: { resourceVersion: string };
  };
  assert.ok(Number(list.metadata.resourceVersion) >= Number(version || 0));
  const watch = async (from: string): Promise<{ names: string[]; last: string }> => {
    const text = await kubectl(
      'get',
      '--raw',
      `/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1&resourceVersion=${from}`,
    );
    const events = text
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { object: { metadata: { name: string; resourceVersion: string } } });
    return {
      names: events.map(({ object }) => object.metadata.name),
      last: events.at(-1)?.object.metadata.resourceVersion ?? from,
    };
  };
  await server.apply(names.slice(0, 10).map((name) => configMap(name, {})));
  const before = await watch(list.metadata.resourceVersion);
  await server.restart();
  await server.apply(names.slice(10).map((name) => configMap(name, {})));
  const after = await watch(before.last);
  assert.deepEqual([...before.names, ...after.names], names);
  const all = await watch(list.metadata.resourceVersion);
  assert.deepEqual(all.names, names);
});

test('get -w prints each change as it comes', async () => {
  const watching = server.start(
    'get',
    'configmaps',
    '-w',
    '--watch-only',
    '--output-watch-events',
    '-o',
    'name',
  );
  let printed = '';
  watching.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  try {
    await until('it watches', async () => {
      await kubectl('create', 'configmap', 'seen');
      await kubectl('delete', 'configmap', 'seen');
      return printed.includes('configmap/seen') ? true : undefined;
    });
  } finally {
    watching.kill();
    await once(watching, 'close');
  }
});

function getText(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ port, path: '/index.html', agent: false }, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
}
