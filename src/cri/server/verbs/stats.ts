/** ContainerStats, PodSandboxStats, and their lists and streams. */
import type { ContainerStatus, PodSandboxStatus } from '../../../runtime/pod-runtime.ts';
import type { ContainerStatsFilter, PodSandboxStatsFilter } from '../../api/runtime_pb.ts';
import { containerStatsMessage, type StatsFacts, sandboxStatsMessage } from '../../convert/stats.ts';
import type { CriContext } from '../cri-context.ts';
import { findContainerId, findSandboxId, withBeginning } from '../find-id.ts';
import { inLists } from '../in-lists.ts';
import { present } from '../present.ts';
import type { RuntimeVerbs } from '../runtime-verbs.ts';

export const stats: RuntimeVerbs<
  | 'containerStats'
  | 'listContainerStats'
  | 'streamContainerStats'
  | 'podSandboxStats'
  | 'listPodSandboxStats'
  | 'streamPodSandboxStats'
> = (context) => ({
  async containerStats({ containerId }, { signal }) {
    const id = await findContainerId(context, containerId);
    const status = await context.runtime.containerStatus(id, { signal });
    return { stats: await statsOf(context, await factsOf(context, signal), status, signal) };
  },

  listContainerStats: async ({ filter }, { signal }) => ({
    stats: await ofContainers(context, filter, signal),
  }),

  async *streamContainerStats({ filter }, { signal }) {
    for (const containerStats of inLists(await ofContainers(context, filter, signal)))
      yield { containerStats };
  },

  async podSandboxStats({ podSandboxId }, { signal }) {
    const id = await findSandboxId(context, podSandboxId);
    const sandbox = await context.runtime.podSandboxStatus(id, { signal });
    return { stats: await statsOfSandbox(context, await factsOf(context, signal), sandbox, signal) };
  },

  listPodSandboxStats: async ({ filter }, { signal }) => ({
    stats: await ofSandboxes(context, filter, signal),
  }),

  async *streamPodSandboxStats({ filter }, { signal }) {
    for (const podSandboxStats of inLists(await ofSandboxes(context, filter, signal)))
      yield { podSandboxStats };
  },
});

async function factsOf({ runtime, rates }: CriContext, signal: AbortSignal): Promise<StatsFacts> {
  const { mountpoint } = await runtime.containerFsInfo({ signal });
  return {
    mountpoint,
    rate: ({ id, timestamp, cpuUsageNanoCoreSeconds }) =>
      rates.rate(id, { atMs: timestamp, nanoSeconds: cpuUsageNanoCoreSeconds }),
  };
}

async function statsOf(
  { runtime }: CriContext,
  facts: StatsFacts,
  status: ContainerStatus,
  signal: AbortSignal,
) {
  return containerStatsMessage(status, await runtime.containerStats(status.id, { signal }), facts);
}

async function ofContainers(
  context: CriContext,
  filter: ContainerStatsFilter | undefined,
  signal: AbortSignal,
) {
  const sandboxId = filter?.podSandboxId ? await findSandboxId(context, filter.podSandboxId) : undefined;
  const running = await context.runtime.listContainers({
    state: 'CONTAINER_RUNNING',
    labels: filter?.labelSelector ?? {},
    ...(sandboxId === undefined ? {} : { sandboxId }),
  });
  const facts = await factsOf(context, signal);
  const wanted = withBeginning(running, filter?.id ?? '');
  return present(wanted.map((status) => statsOf(context, facts, status, signal)));
}

async function statsOfSandbox(
  { runtime }: CriContext,
  facts: StatsFacts,
  sandbox: PodSandboxStatus,
  signal: AbortSignal,
) {
  const containers = await runtime.listContainers({ sandboxId: sandbox.id }, { signal });
  const byId = new Map(containers.map((container) => [container.id, container]));
  return sandboxStatsMessage(sandbox, await runtime.podSandboxStats(sandbox.id, { signal }), byId, facts);
}

async function ofSandboxes(
  context: CriContext,
  filter: PodSandboxStatsFilter | undefined,
  signal: AbortSignal,
) {
  const labels = filter?.labelSelector ?? {};
  const sandboxes = await context.runtime.listPodSandboxes({ labels }, { signal });
  const facts = await factsOf(context, signal);
  const wanted = withBeginning(sandboxes, filter?.id ?? '');
  await forgetRates(context);
  return present(wanted.map((sandbox) => statsOfSandbox(context, facts, sandbox, signal)));
}

/** Of containers and sandboxes that are gone. */
async function forgetRates({ runtime, rates }: CriContext): Promise<void> {
  const all = [...(await runtime.listPodSandboxes()), ...(await runtime.listContainers())];
  rates.retain(new Set(all.map(({ id }) => id)));
}
