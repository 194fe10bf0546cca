/** PodSandboxStatus, ListPodSandbox, StreamPodSandboxes. */
import type { SandboxFilter } from '../../../runtime/pod-runtime.ts';
import { type PodSandboxFilter, PodSandboxSchema } from '../../api/runtime_pb.ts';
import { containerStatusMessage } from '../../convert/container-status.ts';
import { sandboxStates } from '../../convert/enums.ts';
import { nanoseconds } from '../../convert/numbers.ts';
import { sandboxMessage, sandboxStatusMessage } from '../../convert/sandbox-status.ts';
import { listEncoder } from '../../grpc/encoded-message.ts';
import type { CriContext } from '../cri-context.ts';
import { findSandboxId, withBeginning } from '../find-id.ts';
import { inLists } from '../in-lists.ts';
import type { RuntimeVerbs } from '../runtime-verbs.ts';

export const sandboxStatus: RuntimeVerbs<'podSandboxStatus' | 'listPodSandbox' | 'streamPodSandboxes'> = (
  context,
) => ({
  async podSandboxStatus({ podSandboxId, verbose }, { signal }) {
    const id = await findSandboxId(context, podSandboxId);
    const timestamp = nanoseconds(context.clock.now());
    const status = await context.runtime.podSandboxStatus(id, { signal });
    const containers = await context.runtime.listContainers({ sandboxId: id }, { signal });
    return {
      status: sandboxStatusMessage(status),
      containersStatuses: containers.map(containerStatusMessage),
      timestamp,
      info: verbose ? { info: JSON.stringify(status) } : {},
    };
  },

  listPodSandbox: async ({ filter }, { signal }) => encode(await list(context, filter, signal)),

  async *streamPodSandboxes({ filter }, { signal }) {
    for (const podSandboxes of inLists(await list(context, filter, signal))) yield encode(podSandboxes);
  },
});

/** Of both answers: the list is field 1 of each. */
const encode = listEncoder(1, PodSandboxSchema, sandboxMessage);

async function list({ runtime }: CriContext, filter: PodSandboxFilter | undefined, signal: AbortSignal) {
  const state = filter?.state && sandboxStates.word(filter.state.state, 'filter.state.state');
  const wanted: SandboxFilter = {
    labels: filter?.labelSelector ?? {},
    ...(state === undefined ? {} : { state }),
  };
  const found = await runtime.listPodSandboxes(wanted, { signal });
  return withBeginning(found, filter?.id ?? '');
}
