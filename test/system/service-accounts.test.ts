/** What pods find of the API server, and what they may do there. */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeJwt, SignJWT } from 'jose';
import { startCluster, type TestCluster } from './support/cluster.ts';
import { imageReference } from './support/images.ts';
import { until } from './support/peapod.ts';

const IMAGE = imageReference('busybox');
const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster();
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
});

const POD = (name: string, more = ''): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 0
  ${more}
  containers: [{ name: c, image: '${IMAGE}', imagePullPolicy: Never, command: [sh, -c, 'sleep 1000'] }]
`;

async function started(name: string, more = ''): Promise<void> {
  await cluster.apply(POD(name, more));
  await cluster.kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=20s');
}

/** What the pod's own address, port, authority and token reach, asked for by somebody who holds nothing else. */
async function askAs(pod: string, path: string): Promise<{ code: string; body: string }> {
  const read = (file: string) => cluster.kubectl('exec', pod, '--', 'cat', `${MOUNT}/${file}`);
  const env = await cluster.kubectl('exec', pod, '--', 'env');
  const [, host = ''] = /^KUBERNETES_SERVICE_HOST=(.*)$/m.exec(env) ?? [];
  const [, port = ''] = /^KUBERNETES_SERVICE_PORT=(.*)$/m.exec(env) ?? [];
  const { request } = await import('node:https');
  const [ca, token] = [await read('ca.crt'), await read('token')];
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    request({ host, port, path, ca, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ code: String(response.statusCode), body }));
    })
      .on('error', reject)
      .end();
  });
}

test('a pod speaks to the API with the token that it finds', async () => {
  await started('caller');
  assert.equal(await cluster.kubectl('exec', 'caller', '--', 'cat', `${MOUNT}/namespace`), 'default');
  const list = '/api/v1/namespaces/default/pods';
  const refused = await askAs('caller', list);
  assert.equal(refused.code, '403');
  assert.match(refused.body, /system:serviceaccount:default:default\\" cannot list resource \\"pods\\"/);
  await cluster.kubectl('create', 'role', 'reader', '--verb=list', '--resource=pods');
  await cluster.kubectl(
    'create',
    'rolebinding',
    'reader',
    '--role=reader',
    '--serviceaccount=default:default',
  );
  const answer = await until('the role counts', async () => {
    const answered = await askAs('caller', list);
    return answered.code === '200' ? answered : undefined;
  });
  assert.match(answer.body, /"name":"caller"/);
});

test('a pod reaches the server from its own network', async () => {
  await started('reacher');
  const script = 'nc -w 2 $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT < /dev/null && echo reached';
  assert.equal(await cluster.kubectl('exec', 'reacher', '--', 'sh', '-c', script), 'reached\n');
});

/** Who the server takes the bearer of a token for; or how it refuses him. */
async function bearerOf(token: string): Promise<string> {
  const path = 'jsonpath={.clusters[0].cluster.server}';
  const server = await cluster.kubectl('config', 'view', '--minify', '-o', path);
  const target = ['--server', server, '--insecure-skip-tls-verify', '--kubeconfig', '/dev/null'];
  const { code, stdout, stderr } = await cluster.call(['--token', token, ...target, 'auth', 'whoami']);
  if (code === 0) return /system:serviceaccount:\S+/.exec(stdout)?.[0] ?? stdout;
  return /Unauthorized|provide credentials/.test(stderr) ? 'Unauthorized' : stderr;
}

test('a token is worth nothing when its pod is gone', async () => {
  await started('leaver');
  const token = await cluster.kubectl('exec', 'leaver', '--', 'cat', `${MOUNT}/token`);
  assert.equal(await bearerOf(token), 'system:serviceaccount:default:default');
  await cluster.kubectl('delete', 'pod', 'leaver', '--timeout=20s');
  assert.equal(await bearerOf(token), 'Unauthorized');
});

test('a token is worth nothing when its account is gone, also when another takes the name', async () => {
  await cluster.kubectl('create', 'serviceaccount', 'brief');
  const token = (await cluster.kubectl('create', 'token', 'brief')).trim();
  assert.equal(await bearerOf(token), 'system:serviceaccount:default:brief');
  await cluster.kubectl('delete', 'serviceaccount', 'brief');
  assert.equal(await bearerOf(token), 'Unauthorized');
  await cluster.kubectl('create', 'serviceaccount', 'brief');
  assert.equal(await bearerOf(token), 'Unauthorized');
});

test('a token is worth nothing when its time is over, and before it has come', async () => {
  const claims = decodeJwt(await cluster.kubectl('create', 'token', 'default'));
  const key = createPrivateKey(
    await readFile(join(cluster.peapod.root, 'cluster/server/pki/sa.key'), 'utf8'),
  );
  const now = Math.floor(Date.now() / 1000);
  const signed = (from: number, to: number) =>
    new SignJWT({ ...claims, nbf: now + from, exp: now + to }).setProtectedHeader({ alg: 'ES256' }).sign(key);
  assert.equal(await bearerOf(await signed(-60, 60)), 'system:serviceaccount:default:default');
  assert.equal(await bearerOf(await signed(-60, -1)), 'Unauthorized');
  assert.equal(await bearerOf(await signed(600, 1200)), 'Unauthorized');
});

test('who does not want a token gets none', async () => {
  await started('quiet', 'automountServiceAccountToken: false');
  const answer = await cluster.call(['exec', 'quiet', '--', 'ls', MOUNT]);
  assert.notEqual(answer.code, 0);
});
