/** A pod's sandbox that was made ahead, by the same process, and is taken over. */
import { globSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { runtimePaths } from '../../../../src/runtime/paths.ts';
import type { Machine } from './machine.ts';
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
  undo: removeTaken,
};

/** With the pod's cgroup, which it has made in more hierarchies. */
async function removeTaken(machine: Machine): Promise<void> {
  for (const { id, metadata } of await machine.runtime.listPodSandboxes())
    if (metadata.name === 'victim') await machine.runtime.removePodSandbox(id);
  await POD_CGROUP.undo(machine);
  await POD_CGROUP.run(machine);
}

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
  run: removeTaken,
  undo: TAKE_OVER.run,
};

const NO_CGROUP: Verb = {
  name: 'no cgroup',
  atomic: false,
  run: POD_CGROUP.undo,
  undo: POD_CGROUP.run,
};

export const SPARE_VERBS: readonly Verb[] = [POD_CGROUP, TAKE_OVER, REMOVE_TAKEN, NO_CGROUP];
