/** A start that failed half-way, and again, harms nothing: the next one lets the container go. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { containerStatus } from '../../src/runtime/container/container-status.ts';
import { createContainer } from '../../src/runtime/container/create-container.ts';
import { startContainer } from '../../src/runtime/container/start-container.ts';
import {
  type ContainerHost,
  openContainerHost,
  shellContainer,
} from '../../src/runtime/container/testing/container-host.ts';
import { inject } from '../../src/runtime/linux/external-step.ts';
import { readProcessStat } from '../../src/runtime/linux/proc.ts';

let host: ContainerHost;
before(async () => {
  host = await openContainerHost({ runtime: 'crun' });
});
after(async () => host[Symbol.asyncDispose]());

test('it is let go once the byte can be written, by whoever writes it', async () => {
  const { context } = host;
  const id = await createContainer(context, host.sandbox.id, shellContainer('again', 'exec sleep 1000'));
  {
    using _ = inject({ kind: 'fail', step: 'write /proc/self/fd/<fd>', occurrence: 1, code: 'EIO' });
    await assert.rejects(startContainer(context, id), /EIO/);
  }
  const steps: string[] = [];
  {
    // It stands still then, with the byte before it.
    using _ = inject({ kind: 'fail', step: 'kill SIGCONT', occurrence: 1, code: 'EIO' }, (step) =>
      steps.push(step),
    );
    await startContainer(context, id);
  }
  assert.deepEqual(
    steps.filter((step) => step.startsWith('kill ')),
    ['kill SIGSTOP', 'kill SIGCONT', 'kill SIGSTOP', 'kill SIGCONT'],
  );
  const { state, pid } = await containerStatus(context, id);
  assert.equal(state, 'CONTAINER_RUNNING');
  while (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep')) await delay(5);
  assert.match(readProcessStat(pid)?.state ?? '', /[RS]/);
});
