import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pullCredentials } from './pull-credentials.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const AUTHS = {
  'registry.example:5000': { auth: base64('user:pass:word') },
  'registry.example:5000/team': { username: 'team', password: 'secret' },
  'https://index.docker.io/v1/': { registrytoken: 'token' },
};

/** The image, and what its registry is told. */
const CASES: [string, object | undefined][] = [
  ['registry.example:5000/app:1', { username: 'user', password: 'pass:word' }],
  ['registry.example:5000/team/app@sha256:00', { username: 'team', password: 'secret' }],
  ['registry.example:5000/teamwork', { username: 'user', password: 'pass:word' }],
  ['busybox', { token: 'token' }],
  ['library/busybox:1', { token: 'token' }],
  ['other.example/app', undefined],
];

for (const [image, expected] of CASES) {
  test(`${image} is pulled with ${JSON.stringify(expected)}`, async () => {
    const client = {
      getSecret: (_: string, name: string) =>
        Promise.resolve(
          name === 'pull'
            ? { data: { '.dockerconfigjson': base64(JSON.stringify({ auths: AUTHS })) } }
            : undefined,
        ),
    };
    const pod = { spec: { containers: [], imagePullSecrets: [{ name: 'missing' }, { name: 'pull' }] } };
    assert.deepEqual(await pullCredentials(pod, image, client), expected);
  });
}

test('a secret that holds no configuration is passed over', async () => {
  const client = { getSecret: () => Promise.resolve({ data: { '.dockerconfigjson': base64('no json') } }) };
  const pod = { spec: { containers: [], imagePullSecrets: [{ name: 'x' }] } };
  assert.equal(await pullCredentials(pod, 'busybox', client), undefined);
});
