import { rm } from 'node:fs/promises';
import type { LocalRuntime } from '../../../runtime/local-runtime.ts';
import type { PodVolumes } from '../../../runtime/pod-volumes.ts';
import { openHost } from '../../host.ts';
import type { Settings } from '../../settings.ts';

const AT_ONCE = 8;

/**
 * Ends everything that runs with these settings, at once, and deletes all that it has: as if it had never been there. Images that others
 * share stay. Nobody may serve with these settings meanwhile. What fails leaves the rest for the next call.
 */
export async function tearDown(settings: Settings): Promise<void> {
  {
    await using host = await openHost(settings);
    const { runtime } = host;
    await runtime.collect();
    await each(
      (await runtime.listPodSandboxes()).map(({ id }) => id),
      async (id) => {
        await runtime.stopPodSandbox(id);
        await runtime.removePodSandbox(id);
      },
    );
    await each(
      (await runtime.listContainers()).map(({ id }) => id),
      (id) => runtime.removeContainer(id),
    );
    await removePodsOf(runtime, host.volumes);
  }
  await rm(settings.run, { recursive: true, force: true });
  await rm(settings.root, { recursive: true, force: true });
}

async function removePodsOf({ podCgroups }: LocalRuntime, volumes: PodVolumes): Promise<void> {
  await each(await volumes.list(), (uid) => volumes.tearDown(uid));
  await each(await podCgroups.list(), (uid) => podCgroups.remove(uid));
}

async function each(ids: readonly string[], work: (id: string) => Promise<void>): Promise<void> {
  const waiting = ids.values();
  const worker = async () => {
    for (const id of waiting) await work(id);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
