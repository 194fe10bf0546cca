import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Event, Pod } from '../../model/api/types.ts';
import { since } from '../../model/status/pod-printer.ts';
import { kubectlVersions } from '../../streaming/testing/kubectl-versions.ts';
import { describePod } from './describe-pod.ts';
import { RICH_EVENTS, RICH_POD } from './testing/rich-pod.ts';

const run = promisify(execFile);
/** Older ones have other words. */
const kubectl = kubectlVersions().at(-1);
const options = { skip: kubectl === undefined ? 'there is no kubectl' : false };

const BARE: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web',
    namespace: 'default',
    deletionTimestamp: '2026-01-02T03:04:05Z',
    deletionGracePeriodSeconds: 30,
  },
  spec: { containers: [{ name: 'main', image: 'x' }] },
  status: { phase: 'Pending' },
};

test('a pod is described letter for letter as kubectl does', options, async () => {
  for (const [pod, events] of [
    [RICH_POD, RICH_EVENTS],
    [RICH_POD, []],
    [BARE, []],
  ] as const) {
    const theirs = await describedByKubectl(kubectl ?? '', pod, events);
    const ours = describePod(pod, events, (time) => since(time, Date.now()));
    assert.deepEqual(ours.split('\n'), theirs.split('\n'));
  }
});

async function describedByKubectl(program: string, pod: Pod, events: readonly Event[]): Promise<string> {
  const answers: Record<string, unknown> = {
    '/version': { major: '1', minor: '36', gitVersion: 'v1.36.0' },
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
    '/api/v1': {
      kind: 'APIResourceList',
      groupVersion: 'v1',
      resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get'] }],
    },
    '/api/v1/namespaces/default/pods/web': pod,
    '/api/v1/namespaces/default/events': { kind: 'EventList', apiVersion: 'v1', metadata: {}, items: events },
  };
  const server = createServer((request, response) => {
    const body = answers[new URL(request.url ?? '/', 'http://localhost').pathname];
    response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body ?? {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const args = [
      '--server',
      `http://127.0.0.1:${port}`,
      '--kubeconfig',
      '/dev/null',
      'describe',
      'pod',
      'web',
    ];
    const { stdout } = await run(program, args, { env: { ...process.env, HOME: '/nonexistent' } });
    return stdout;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
