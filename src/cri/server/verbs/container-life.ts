/** StartContainer, StopContainer, RemoveContainer, UpdateContainerResources, ReopenContainerLog. */
import { required, unsupported } from '../../convert/invalid.ts';
import { timeoutMs } from '../../convert/numbers.ts';
import { resourcesFrom } from '../../convert/resources.ts';
import { findContainerId, unlessGone } from '../find-id.ts';
import type { RuntimeVerbs } from '../runtime-verbs.ts';

export const containerLife: RuntimeVerbs<
  'startContainer' | 'stopContainer' | 'removeContainer' | 'updateContainerResources' | 'reopenContainerLog'
> = (context) => ({
  async startContainer({ containerId }, { signal }) {
    const id = await findContainerId(context, containerId);
    await context.work.run(`start ${id}`, { signal, abandoned: 'goes on' }, (over) =>
      context.runtime.startContainer(id, { signal: over }),
    );
    return {};
  },

  async stopContainer({ containerId, timeout }, { signal }) {
    const graceMs = timeoutMs(timeout, 'timeout');
    const id = await findContainerId(context, containerId);
    await unlessGone(context.runtime.stopContainer(id, graceMs, { signal }));
    return {};
  },

  async removeContainer({ containerId }, { signal }) {
    const id = await findContainerId(context, containerId);
    await unlessGone(context.runtime.removeContainer(id, { signal }));
    return {};
  },

  async updateContainerResources({ containerId, linux, windows, annotations }, { signal }) {
    if (windows !== undefined) unsupported('windows', 'this is Linux');
    if (Object.keys(annotations).length > 0) unsupported('annotations', 'none changes anything');
    const resources = resourcesFrom(required(linux, 'linux'), 'linux');
    const id = await findContainerId(context, containerId);
    await context.runtime.updateContainerResources(id, resources, { signal });
    return {};
  },

  async reopenContainerLog({ containerId }, { signal }) {
    const id = await findContainerId(context, containerId);
    await context.runtime.reopenContainerLog(id, { signal });
    return {};
  },
});
