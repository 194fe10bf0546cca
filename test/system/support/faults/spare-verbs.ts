/** A pod's sandbox, and the start of a container, that were made ahead, by the same process, and are taken. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { shellContainer } from '../../../../src/runtime/container/testing/container-host.ts';
import { runtimePaths } from '../../../../src/runtime/paths.ts';
import type { Machine } from './machine.ts';
import { POD_CGROUP, RUN_SANDBOX, type Verb } from './pod-verbs.ts';

const TAKE_OVER: Verb = {
  name: 'take over a spare sandbox',
  atomic: true,
  run: (machine) =>
    withSpares(machine, { sandboxes: 1, containers: 0 }, spareIsReady, () => RUN_SANDBOX.run(machine)),
  undo: removeTaken,
};

async function withSpares(
  { runtime }: Machine,
  sizes: { sandboxes: number; containers: number },
  ready: () => Promise<void>,
  work: () => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const failed = Promise.withResolvers<void>();
  const kept = runtime.keepSpares(sizes, () => failed.resolve(), { signal: stop.signal });
  try {
    await Promise.race([failed.promise, ready()]);
    await work();
  } finally {
    stop.abort();
    await kept;
  }
}

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

/** One that the log is open of, and that is nobody's yet. */
async function launchIsReady(): Promise<void> {
  const { containers } = runtimePaths();
  const isSpare = (log: string) => !existsSync(join(dirname(log), 'container.json'));
  while (!globSync(`${containers}/*/0.log`).some(isSpare)) await delay(5);
}

const LAUNCHED = shellContainer('launched', 'exec sleep 1000');

const CREATE_LAUNCHED: Verb = {
  name: 'create from a launch',
  atomic: true,
  run: (machine) =>
    withSpares(machine, { sandboxes: 0, containers: 1 }, launchIsReady, async () => {
      await machine.runtime.createContainer(await taken(machine), { ...LAUNCHED, image: machine.image });
    }),
  undo: removeLaunched,
};

async function taken({ runtime }: Machine): Promise<string> {
  const found = (await runtime.listPodSandboxes()).find(({ metadata }) => metadata.name === 'victim');
  if (found === undefined) throw new Error('there is no sandbox');
  return found.id;
}

async function removeLaunched({ runtime }: Machine): Promise<void> {
  for (const { id, metadata } of await runtime.listContainers())
    if (metadata.name === LAUNCHED.metadata.name) await runtime.removeContainer(id);
}

const REMOVE_LAUNCHED: Verb = {
  name: 'remove what was launched',
  atomic: false,
  run: removeLaunched,
  undo: CREATE_LAUNCHED.run,
};

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

/** As it was before the first take-over, or after it, without being swept once more. */
const again = (verb: Verb): Verb => ({ ...verb, name: `${verb.name} again`, unswept: true });

/** A container makes the pod's cgroup in more hierarchies than the sandbox needs: it comes to a sandbox of its own. */
export const SPARE_VERBS: readonly Verb[] = [
  POD_CGROUP,
  TAKE_OVER,
  REMOVE_TAKEN,
  again(TAKE_OVER),
  CREATE_LAUNCHED,
  REMOVE_LAUNCHED,
  again(REMOVE_TAKEN),
  NO_CGROUP,
];
