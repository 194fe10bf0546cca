import assert from 'node:assert/strict';
import { test } from 'node:test';
import { container, FakeNode } from '../testing/fake-node.ts';
import { lastLogLines } from './last-log-lines.ts';

const LOG = '2026-01-01T00:00:00.000000000Z stdout F ';

test('what a container leaves in its termination log is its message', async () => {
  await using node = new FakeNode();
  await node.run({ containers: [container('main')], restartPolicy: 'Never' });
  const [mount] =
    node.runtime.configs[0]?.mounts.filter(({ containerPath }) => containerPath === '/dev/termination-log') ??
    [];
  assert.deepEqual(mount?.source, { hostPath: '/pods/u1/containers/main/0' });
  node.files.files.set('/pods/u1/containers/main/0', `x${'y'.repeat(5000)}`);
  node.runtime.exit('main', 1);
  await node.clock.settle();
  const { terminated } = node.status('main').state ?? {};
  assert.equal(terminated?.message, 'y'.repeat(4096));
  assert.equal(terminated?.containerID, 'peapod://sandbox-u1-0-main-0');
});

test('FallbackToLogsOnError takes the end of the log of a container that failed', async () => {
  for (const [exitCode, message] of [
    [1, 'last words\n'],
    [0, undefined],
  ] as const) {
    await using node = new FakeNode();
    const main = container('main', { terminationMessagePolicy: 'FallbackToLogsOnError' });
    await node.run({ containers: [main], restartPolicy: 'Never' });
    node.files.files.set('/logs/main/0.log', `${LOG}last words\n`);
    node.runtime.exit('main', exitCode);
    await node.clock.settle();
    assert.equal(node.status('main').state?.terminated?.message, message);
  }
});

test('the end of a log is 80 lines and 2048 bytes at most, without time stamps', () => {
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
  const log = lines.map((line) => `${LOG}${line}\n`).join('');
  assert.equal(lastLogLines(log, 2048, 80), `${lines.slice(20).join('\n')}\n`);
  assert.equal(lastLogLines(`${LOG}${'z'.repeat(3000)}\n`, 2048, 80).length, 2048);
  assert.equal(lastLogLines(`cut\n${LOG.replace(' F ', ' P ')}a\n${LOG}b\n`, 100, 80), 'ab\n');
});
