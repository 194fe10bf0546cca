import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { isPeapodError } from '../../../model/errors.ts';
import { answerJson, type FakeRegistry, startFakeRegistry } from '../testing/fake-registry.ts';
import { failsWith, image, isBlob, layerDigest, needsRoot } from '../testing/pull-fixture.ts';
import { openTestStore } from '../testing/test-store.ts';
import { authorize } from './authorize.ts';

test('credentials are shown to the registry that asks, not to where it redirects', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  await using storage = await startFakeRegistry();
  using opened = await openTestStore();
  writeFileSync(
    join(dirname(opened.directory), 'auth.json'),
    JSON.stringify({ auths: { [registry.host]: { auth: btoa('me:secret') } } }),
  );
  registry.intercept = (request, response) => {
    if (request.headers.authorization !== `Basic ${btoa('me:secret')}`) {
      return answerJson(response, 401, {}, { 'www-authenticate': 'Basic realm="x"' });
    }
    if (!isBlob(request, layerDigest)) return false;
    response.writeHead(307, { location: `http://${storage.host}/v2/x/blobs/${layerDigest}` }).end();
    return true;
  };
  storage.offer('x:1', image);
  await opened.store.pullImage(registry.offer('a:1', image));
  assert.equal(storage.requests.length, 1);
  assert.equal(storage.requests[0]?.headers.authorization, undefined);
});

test(
  'a token is fetched from the server that the registry names, once for all layers',
  needsRoot,
  async () => {
    await using registry = await startFakeRegistry();
    using opened = await openTestStore();
    registry.intercept = tokenAuth(registry, 'good');
    const status = await opened.store.pullImage(registry.offer('team/app:1', image), {
      auth: { username: 'me', password: 'secret' },
    });
    assert.equal(status.id, image.configDigest);
    const tokens = registry.requests.filter(({ line }) => line.includes('/token'));
    assert.equal(tokens.length, 1);
    assert.match(tokens[0]?.line ?? '', /service=reg&scope=repository%3Ateam%2Fapp%3Apull&account=me/);
    assert.equal(tokens[0]?.headers.authorization, `Basic ${btoa('me:secret')}`);
  },
);

test('a token that runs out is fetched anew', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const auth = tokenAuth(registry, 'good');
  let expired = false;
  registry.intercept = (request, response) => {
    if (isBlob(request, layerDigest) && !expired) {
      expired = true;
      return answerJson(response, 401, {}, challenge(registry));
    }
    return auth(request, response);
  };
  await opened.store.pullImage(registry.offer('a:1', image), {
    auth: { username: 'me', password: 'secret' },
  });
  assert.equal(registry.requests.filter(({ line }) => line.includes('/token')).length, 2);
});

test('who is refused is told so', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const reference = registry.offer('a:1', image);
  registry.intercept = tokenAuth(registry, 'good');
  const wrong = { auth: { username: 'me', password: 'wrong' } };
  await assert.rejects(
    opened.store.pullImage(reference, wrong),
    failsWith('ImageUnauthorized', /^cannot pull image ".*": registry answered 401$/),
  );
  registry.intercept = (_, response) => answerJson(response, 403, {});
  await assert.rejects(opened.store.pullImage(reference), failsWith('ImageUnauthorized', /answered 403$/));
});

function challenge(registry: FakeRegistry): Record<string, string> {
  return { 'www-authenticate': `Bearer realm="http://${registry.host}/token",service="reg"` };
}

function tokenAuth(registry: FakeRegistry, token: string): FakeRegistry['intercept'] {
  return (request, response) => {
    if (request.url?.startsWith('/token') === true) {
      const right = request.headers.authorization === `Basic ${btoa('me:secret')}`;
      return right ? answerJson(response, 200, { token }) : answerJson(response, 401, {});
    }
    if (request.headers.authorization === `Bearer ${token}`) return false;
    return answerJson(response, 401, {}, challenge(registry));
  };
}

test('a password is shown to no token server over plain http when the registry speaks https', async () => {
  const client = {
    send: () => assert.fail('nothing may be sent'),
    [Symbol.asyncDispose]: async () => {},
  };
  for (const realm of ['http://a.io/token', 'ftp://a.io/token', 'file:///etc/passwd', 'token']) {
    await assert.rejects(
      authorize(
        client,
        { scheme: 'bearer', realm, service: undefined, scope: undefined },
        {
          registry: new URL('https://a.io/v2/'),
          path: 'x',
          credentials: { kind: 'password', username: 'me', password: 'secret' },
        },
      ),
      (error) => isPeapodError(error, 'ImageUnauthorized') && error.message.includes(realm),
    );
  }
});

test('an identity token is exchanged for one that the registry takes', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  writeFileSync(
    join(dirname(opened.directory), 'auth.json'),
    JSON.stringify({ auths: { [registry.host]: { identitytoken: 'refresh' } } }),
  );
  const auth = tokenAuth(registry, 'good');
  let form = '';
  registry.intercept = (request, response) => {
    if (request.method !== 'POST') return auth(request, response);
    request.on('data', (chunk: Buffer) => (form += chunk.toString()));
    request.on('end', () => answerJson(response, 200, { access_token: 'good' }));
    return true;
  };
  await opened.store.pullImage(registry.offer('a:1', image));
  assert.match(form, /grant_type=refresh_token&refresh_token=refresh&/);
});
