/** A pod's sandbox that was made ahead, by the same process, and is taken over. */
import { globSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { runtimePaths } from '../../../../src/runtime/paths.ts';
import { POD_CGROUP, RUN_SANDBOX, type Verb } from './pod-verbs.ts';

const TAKE_OVER: Verb = {
  name: 'take over a spare sandbox',
  atomic: true,
  async run(machine) {
    const stop = new AbortController();
    const failed = Promise.withResolvers<void>();
    const kept = machine.runtime.keepSpareSandboxes(1, () => failed.resolve(), { signal: stop.signal });
    try {
      await Promise.race([failed.promise, spareIsReady()]);
      await RUN_SANDBOX.run(machine);
    } finally {
      stop.abort();
      await kept;
    }
  },
  undo: RUN_SANDBOX.undo,
};

async function spareIsReady(): Promise<void> {
  while (!globSync(`${runtimePaths().run}/pool/*/sandbox.json`).some(isMade)) await delay(5);
}

function isMade(file: string): boolean {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { createdAt: number }).createdAt > 0;
  } catch {
    return false;
  }
}

const REMOVE_TAKEN: Verb = {
  name: 'remove a taken sandbox',
  atomic: false,
  run: async ({ runtime }) => {
    for (const { id, metadata } of await runtime.listPodSandboxes())
      if (metadata.name === 'victim') await runtime.removePodSandbox(id);
  },
  undo: TAKE_OVER.run,
};

const NO_CGROUP: Verb = {
  name: 'no cgroup',
  atomic: false,
  run: POD_CGROUP.undo,
  undo: POD_CGROUP.run,
};

export const SPARE_VERBS: readonly Verb[] = [POD_CGROUP, TAKE_OVER, REMOVE_TAKEN, NO_CGROUP];
