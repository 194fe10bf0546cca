import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readChallenge } from './challenge.ts';
import { retryDelayMs } from './retry-delay.ts';

test('a bearer challenge is read with its parameters, quoted or not', () => {
  assert.deepEqual(
    readChallenge(['Bearer realm="https://a/t",service=reg,scope="repository:a/b:pull,push"']),
    {
      scheme: 'bearer',
      realm: 'https://a/t',
      service: 'reg',
      scope: 'repository:a/b:pull,push',
    },
  );
});

test('of several challenges bearer is met before basic', () => {
  assert.equal(readChallenge(['Basic realm="x", Bearer realm="https://a/t"'])?.scheme, 'bearer');
  assert.equal(readChallenge(['Basic realm="x"', 'Bearer realm="https://a/t"'])?.scheme, 'bearer');
  assert.equal(readChallenge(['basic realm="Bearer"'])?.scheme, 'basic');
});

test('what we can not meet is no challenge', () => {
  assert.equal(readChallenge([]), undefined);
  assert.equal(readChallenge(['Negotiate']), undefined);
  assert.equal(readChallenge(['Bearer service="no realm"']), undefined);
});

test('tries wait twice as long each time, or as long as the registry asks', () => {
  assert.deepEqual(
    [0, 1, 2, 9].map((attempt) => retryDelayMs(attempt)),
    [250, 500, 1000, 10_000],
  );
  assert.equal(retryDelayMs(0, '3'), 3000);
  assert.equal(retryDelayMs(0, '86400'), 60_000);
  assert.equal(retryDelayMs(0, 'Thu, 01 Jan 1970 00:00:10 GMT', 4000), 6000);
  assert.equal(retryDelayMs(1, 'soon'), 500);
});
