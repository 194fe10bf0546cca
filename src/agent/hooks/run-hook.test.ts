import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodContext } from '../actions/pod-context.ts';
import { runHook } from './run-hook.ts';

const context = {
  pod: { metadata: { name: 'web', namespace: 'default', uid: 'u1' } },
  observed: { sandboxes: [], containers: [] },
  signal: new AbortController().signal,
  deps: {
    node: { ips: ['192.0.2.1'] },
    runtime: {
      execSync: () =>
        Promise.resolve({ exitCode: 3, stdout: Buffer.from('said\n'), stderr: Buffer.from('no') }),
    },
    dialer: {
      http: ({ path }: { path: string }) =>
        path === '/gone' ? Promise.reject(new Error('connection refused')) : Promise.resolve({ status: 500 }),
    },
  },
} as unknown as PodContext;
const run = {
  context,
  container: { kind: 'app' as const, name: 'main', spec: { name: 'main' } },
  containerId: 'c1',
  timeoutMs: 1000,
};

test('a hook that fails says so in the words of the kubelet', async () => {
  await assert.rejects(runHook({ exec: { command: ['say', 'it'] } }, run), {
    message:
      'Exec lifecycle hook ([say it]) for Container "main" in Pod "web_default(u1)" failed' +
      ` - error: command 'say it' exited with 3: no, message: "said\\nno"`,
  });
  await assert.rejects(runHook({ httpGet: { host: '192.0.2.2', port: 80, path: '/gone' } }, run), {
    message:
      'HTTP lifecycle hook (/gone) for Container "main" in Pod "web_default(u1)" failed - error: connection refused',
  });
});

test('whatever a server answers, it has been told', async () => {
  await runHook({ httpGet: { host: '192.0.2.2', port: 80, path: '/broken' } }, run);
});
