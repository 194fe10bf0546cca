import assert from 'node:assert/strict';
import test from 'node:test';
import { readUnixAddress } from './listen-at.ts';

test('a UNIX address is a URL or a path', () => {
  for (const text of ['unix:///run/a.sock', 'unix:/run/a.sock', '/run/a.sock'])
    assert.deepEqual(readUnixAddress(text), { path: '/run/a.sock' });
});

test('an address that is no absolute path of a socket is refused', () => {
  for (const text of [
    '',
    'run/a.sock',
    'unix://run/a.sock',
    'tcp://127.0.0.1:1',
    'unix:///',
    `/${'a'.repeat(107)}`,
  ])
    assert.throws(() => readUnixAddress(text), { code: 'Invalid' }, text);
});
