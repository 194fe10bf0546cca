/** RunPodSandbox, StopPodSandbox, RemovePodSandbox, UpdatePodSandboxResources. */
import { podResources, sandboxConfigFrom } from '../../convert/sandbox-config.ts';
import { findSandboxId, unlessGone } from '../find-id.ts';
import type { RuntimeVerbs } from '../runtime-verbs.ts';

export const sandboxLife: RuntimeVerbs<
  'runPodSandbox' | 'stopPodSandbox' | 'removePodSandbox' | 'updatePodSandboxResources'
> = (context) => ({
  /** Goes on when the client's time is over: when it asks again, it finds its sandbox. */
  async runPodSandbox({ config: message, runtimeHandler }, { signal }) {
    const config = sandboxConfigFrom(message, runtimeHandler);
    const { namespace, name, uid, attempt } = config.metadata;
    const podSandboxId = await context.work.run(
      JSON.stringify(['run', namespace, name, uid, attempt]),
      { signal, abandoned: 'goes on' },
      (over) => context.runtime.runPodSandbox(config, { signal: over }),
    );
    return { podSandboxId };
  },

  async stopPodSandbox({ podSandboxId }, { signal }) {
    const id = await findSandboxId(context, podSandboxId);
    await unlessGone(context.runtime.stopPodSandbox(id, { signal }));
    return {};
  },

  async removePodSandbox({ podSandboxId }, { signal }) {
    const id = await findSandboxId(context, podSandboxId);
    await unlessGone(context.runtime.removePodSandbox(id, { signal }));
    return {};
  },

  async updatePodSandboxResources({ podSandboxId, overhead, resources }, { signal }) {
    const id = await findSandboxId(context, podSandboxId);
    const change = podResources(overhead, resources, 'linux');
    await context.runtime.updatePodSandboxResources(id, change, { signal });
    return {};
  },
});
