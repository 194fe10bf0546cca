import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakePodRuntime } from '../../runtime/testing/fake-pod-runtime.ts';
import { realClock } from '../../streaming/testing/real-clock.ts';
import type { CriContext } from './cri-context.ts';
import { findContainerId, findSandboxId } from './find-id.ts';

const context = { runtime: new FakePodRuntime({ clock: realClock }) } as unknown as CriContext;

test('what can be no id reaches no path', async () => {
  for (const text of ['../..', '/', '.', '\0', 'a/b', 'a\0', ' ', 'f'.repeat(200)]) {
    await assert.rejects(findSandboxId(context, text), { code: 'Invalid', message: /^pod_sandbox_id: / });
    await assert.rejects(findContainerId(context, text), { code: 'Invalid', message: /^container_id: / });
  }
});

test('an id that nothing has is given back', async () => {
  for (const text of ['f'.repeat(64), 'abc', 'sandbox-u-0'])
    assert.deepEqual(
      [await findSandboxId(context, text), await findContainerId(context, text)],
      [text, text],
    );
});
