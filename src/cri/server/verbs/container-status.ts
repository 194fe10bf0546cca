/** ContainerStatus, ListContainers, StreamContainers. */
import type { ContainerFilter as Filter } from '../../../runtime/pod-runtime.ts';
import { type ContainerFilter, ContainerSchema } from '../../api/runtime_pb.ts';
import { containerMessage, containerStatusMessage } from '../../convert/container-status.ts';
import { containerStates } from '../../convert/enums.ts';
import { listEncoder } from '../../grpc/encoded-message.ts';
import type { CriContext } from '../cri-context.ts';
import { findContainerId, findSandboxId, withBeginning } from '../find-id.ts';
import { inLists } from '../in-lists.ts';
import type { RuntimeVerbs } from '../runtime-verbs.ts';

export const containerStatus: RuntimeVerbs<'containerStatus' | 'listContainers' | 'streamContainers'> = (
  context,
) => ({
  async containerStatus({ containerId, verbose }, { signal }) {
    const id = await findContainerId(context, containerId);
    const status = await context.runtime.containerStatus(id, { signal });
    return {
      status: containerStatusMessage(status),
      info: verbose ? { info: JSON.stringify(status) } : {},
    };
  },

  listContainers: async ({ filter }, { signal }) => encode(await list(context, filter, signal)),

  async *streamContainers({ filter }, { signal }) {
    for (const containers of inLists(await list(context, filter, signal))) yield encode(containers);
  },
});

/** Of both answers: the list is field 1 of each. */
const encode = listEncoder(1, ContainerSchema, containerMessage);

async function list(context: CriContext, filter: ContainerFilter | undefined, signal: AbortSignal) {
  const state = filter?.state && containerStates.word(filter.state.state, 'filter.state.state');
  const sandboxId = filter?.podSandboxId ? await findSandboxId(context, filter.podSandboxId) : undefined;
  const wanted: Filter = {
    labels: filter?.labelSelector ?? {},
    ...(state === undefined ? {} : { state }),
    ...(sandboxId === undefined ? {} : { sandboxId }),
  };
  const found = await context.runtime.listContainers(wanted, { signal });
  return withBeginning(found, filter?.id ?? '');
}
