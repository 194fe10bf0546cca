import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { infraCalls } from './infra-calls.ts';
import { encodeCalls, readCallsAnswer, type SystemCall, TELL_DONE, words } from './system-calls.ts';

const ADDRESS = 0x1000_0000;
const word = (block: Buffer, index: number) => Number(block.readBigInt64LE(index * 8));

describe('a list of system calls', () => {
  const calls: SystemCall[] = [['chdir', '/srv'], ['split'], ['sethostname', 'web', 3]];

  test('is one block whose pointers point into it', () => {
    const block = encodeCalls(calls, 'x64');
    assert.equal(word(block, 0), block.length);
    assert.deepEqual([word(block, 1), word(block, 8), word(block, 15)], [80, -2, 170]);
    const text = (index: number) => {
      const at = word(block, index) - ADDRESS;
      return block.toString('utf8', at, block.indexOf(0, at));
    };
    assert.deepEqual([text(2), text(16), word(block, 17)], ['/srv', 'web', 3]);
    assert.equal(word(block, 22), -1, 'the end of the list');
  });

  test('has the numbers of each architecture', () => {
    assert.equal(word(encodeCalls(calls, 'arm64'), 1), 49);
  });

  test('is refused when there is no room for it', () => {
    assert.throws(() => encodeCalls([['chdir', 'x'.repeat(70_000)]], 'x64'), RangeError);
    assert.throws(
      () =>
        encodeCalls(
          Array.from({ length: 2000 }, () => ['split'] as const),
          'x64',
        ),
      RangeError,
    );
  });

  test('is answered by the PID, the end, or what failed and why', () => {
    const pid = words(0n, 42n);
    assert.deepEqual(readCallsAnswer(pid, calls), { pid: 42, done: false, failure: undefined });
    assert.deepEqual(readCallsAnswer(Buffer.concat([words(-1n, 0n), pid]), calls), {
      pid: 42,
      done: true,
      failure: undefined,
    });
    const second = BigInt(ADDRESS + 8 + 2 * 56);
    assert.equal(readCallsAnswer(words(second, -22n), calls).failure, 'sethostname web: invalid argument');
    assert.deepEqual(readCallsAnswer(Buffer.from('half'), calls), {
      pid: undefined,
      done: false,
      failure: undefined,
    });
  });
});

describe('the calls of an infra container', () => {
  const config = (namespaces: object) =>
    ({
      hostname: 'web',
      linux: { namespaces: { network: 'POD', ipc: 'POD', pid: 'CONTAINER', ...namespaces } },
    }) as never;
  const options = { rootfs: '/pause', lastCapability: 40 };
  const namespacesOf = (namespaces: object) => {
    const made = infraCalls(config(namespaces), options).find(([name]) => name === 'unshare');
    return Number(made?.[1]) >>> 0;
  };

  test("make those namespaces that are not the node's", () => {
    assert.equal(namespacesOf({}), 0x6c02_0000);
    assert.equal(namespacesOf({ network: 'NODE' }), 0x2802_0000, 'without a name of its own either');
    assert.equal(namespacesOf({ network: 'NODE', ipc: 'NODE', pid: 'NODE' }), 0x0002_0000);
  });

  test('name the pod only where the name is its own', () => {
    const names = (namespaces: object) => infraCalls(config(namespaces), options).map(([name]) => name);
    assert.ok(names({}).includes('sethostname'));
    assert.ok(!names({ network: 'NODE' }).includes('sethostname'));
  });

  test('give up each capability that the kernel knows, and tell that all is done before descriptors are closed', () => {
    const all = infraCalls(config({}), options);
    const dropped = all.filter(([name, what]) => name === 'prctl' && what === 24).map((call) => call[2]);
    assert.deepEqual(
      dropped,
      Array.from({ length: 41 }, (_, capability) => capability),
    );
    assert.deepEqual(all[0], ['close', 3]);
    assert.deepEqual(all.slice(-2), [TELL_DONE, ['close', 4]]);
    assert.ok(encodeCalls(all, 'x64').length < 8192);
  });
});
