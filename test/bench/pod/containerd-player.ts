import { startRegistry, busyboxImage, pushImage } from '../../system/support/registry.ts';
import type { Pod } from '../../system/cri-conformance/subject.ts';
import { endPod, startPod } from '../cri/measure.ts';
import { containerdSubject } from '../cri/subjects.ts';
import { memoryFolder } from './memory-folder.ts';
import type { Player } from './player.ts';

/** Debian's containerd with runc, its default, called over CRI as a kubelet does: container after container. No process is started to call it. */
export async function containerdPlayer(): Promise<Player> {
  const registry = await startRegistry();
  const { reference } = await pushImage(registry, 'bench:1', busyboxImage());
  const state = await memoryFolder();
  const containerd = await containerdSubject(registry, reference, { state: state.path });
  const pods = new Map<string, Pod>();
  return {
    name: 'containerd',
    start: async ({ name, containers }) => {
      pods.set(name, await startPod(containerd.subject, containers));
    },
    remove: async ({ name }) => {
      const pod = pods.get(name);
      if (pod !== undefined) await endPod(containerd.subject, pod);
      pods.delete(name);
    },
    async [Symbol.asyncDispose]() {
      await containerd[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
    },
  };
}
