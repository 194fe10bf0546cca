import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isPeapodError } from '../model/errors.ts';
import { readKubeconfig } from './kubeconfig.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peapod-kubeconfig-'));
});
after(() => rm(directory, { recursive: true }));

async function written(config: object, name = 'config'): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, JSON.stringify(config));
  return path;
}

const CONFIG = {
  'current-context': 'one',
  clusters: [
    {
      name: 'c',
      cluster: {
        server: 'https://1.2.3.4:6443',
        'certificate-authority-data': Buffer.from('CA').toString('base64'),
      },
    },
  ],
  users: [
    {
      name: 'u',
      user: { 'client-certificate-data': Buffer.from('CERT').toString('base64'), 'client-key': 'key.pem' },
    },
    { name: 't', user: { token: 'secret' } },
    { name: 'e', user: { exec: { command: 'login' } } },
  ],
  contexts: [
    { name: 'one', context: { cluster: 'c', user: 'u', namespace: 'mine' } },
    { name: 'two', context: { cluster: 'c', user: 't' } },
    { name: 'three', context: { cluster: 'c', user: 'e' } },
  ],
};

test('the current context tells server, namespace and certificates; files are found beside the configuration', async () => {
  await writeFile(join(directory, 'key.pem'), 'KEY');
  const target = await readKubeconfig({ path: await written(CONFIG) });
  const { server, namespace, ca, certificate, key } = target;
  assert.deepEqual(
    { server, namespace, ca, certificate, key },
    { server: 'https://1.2.3.4:6443', namespace: 'mine', ca: 'CA', certificate: 'CERT', key: 'KEY' },
  );
});

test('another context may be asked for, and a token come instead of a certificate', async () => {
  const target = await readKubeconfig({ path: await written(CONFIG), context: 'two' });
  assert.equal(await target.token?.(), 'secret');
  assert.equal(target.namespace, 'default');
});

test('what is missing, malformed or beyond us is named', async () => {
  const path = await written(CONFIG);
  const code = (options: Parameters<typeof readKubeconfig>[0]) =>
    readKubeconfig(options).then(
      () => 'ok',
      (error: unknown) => (isPeapodError(error) ? error.code : String(error)),
    );
  assert.equal(await code({ path: join(directory, 'none') }), 'NotFound');
  assert.equal(await code({ path, context: 'none' }), 'NotFound');
  assert.equal(await code({ path, context: 'three' }), 'Unsupported');
  await writeFile(join(directory, 'bad'), '{{{');
  assert.equal(await code({ path: join(directory, 'bad') }), 'Invalid');
  assert.equal(await code({ env: { KUBECONFIG: `${join(directory, 'none')}:${path}` } }), 'ok');
});
