import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readFromKubectl } from './from-kubectl.ts';

const path = process.env['PATH'];
let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubectl-'));
  process.env['PATH'] = `${directory}:/usr/bin:/bin`;
});
afterEach(async () => {
  process.env['PATH'] = path;
  await rm(directory, { recursive: true });
});

async function fakeKubectl(script: string): Promise<void> {
  const file = join(directory, 'kubectl');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

test('kubectl is asked for nodes and pods of all namespaces', async () => {
  await fakeKubectl(
    `[ "$*" = "--kubeconfig k.conf get nodes,pods --all-namespaces --output json" ] || exit 9
echo '{"kind":"List","items":[{"kind":"Node","metadata":{"name":"n"}}]}'`,
  );
  const objects = await readFromKubectl('k.conf');
  assert.deepEqual(
    objects.map(({ kind, object }) => [kind, object.metadata?.name]),
    [['Node', 'n']],
  );
});

test('what kubectl says when it fails is told', async () => {
  await fakeKubectl('echo "no such host" >&2; exit 1');
  await assert.rejects(readFromKubectl('k'), {
    code: 'Unavailable',
    message: 'cannot read the cluster: no such host',
  });
});

test('without kubectl another way is named', async () => {
  process.env['PATH'] = directory;
  await assert.rejects(readFromKubectl('k'), { code: 'MissingPrerequisite' });
});
