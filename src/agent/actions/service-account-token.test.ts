import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../model/api/types.ts';
import { type HeldToken, serviceAccountToken } from './service-account-token.ts';

const POD: Pod = { metadata: { name: 'p', namespace: 'default', uid: '1' } };
const HOUR_MS = 3600_000;

test('a token is used for most of its life, one for each audience', async () => {
  let now = 0;
  let made = 0;
  const deps = {
    clock: { now: () => now, sleep: async () => {} },
    client: { createServiceAccountToken: async () => ({ token: `t${++made}`, expiresAt: now + HOUR_MS }) },
  };
  const held = new Map<string, HeldToken>();
  const ask = (audience?: string) =>
    serviceAccountToken(POD, { audience, expirationSeconds: 3600 }, held, deps);
  assert.equal(await ask(), 't1');
  assert.equal(await ask('vault'), 't2');
  now = 0.79 * HOUR_MS;
  assert.equal(await ask(), 't1');
  now = 0.81 * HOUR_MS;
  assert.equal(await ask(), 't3');
});

test('a token that lives for long is exchanged every day', async () => {
  let now = 0;
  let made = 0;
  const deps = {
    clock: { now: () => now, sleep: async () => {} },
    client: {
      createServiceAccountToken: async () => ({ token: `t${++made}`, expiresAt: now + 1000 * HOUR_MS }),
    },
  };
  const held = new Map<string, HeldToken>();
  const ask = () => serviceAccountToken(POD, { audience: undefined, expirationSeconds: 1 }, held, deps);
  await ask();
  now = 23 * HOUR_MS;
  assert.equal(await ask(), 't1');
  now = 25 * HOUR_MS;
  assert.equal(await ask(), 't2');
});
