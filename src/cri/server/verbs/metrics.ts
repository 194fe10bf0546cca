/** ListMetricDescriptors, ListPodSandboxMetrics, StreamPodSandboxMetrics. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PodSandboxStatus } from '../../../runtime/pod-runtime.ts';
import type { PodSandboxMetricsSchema } from '../../api/runtime_pb.ts';
import { containerMetrics, metricDescriptors, podMetrics } from '../../convert/metrics.ts';
import type { CriContext } from '../cri-context.ts';
import { inLists } from '../in-lists.ts';
import { present } from '../present.ts';
import type { RuntimeVerbs } from '../runtime-verbs.ts';

export const metrics: RuntimeVerbs<
  'listMetricDescriptors' | 'listPodSandboxMetrics' | 'streamPodSandboxMetrics'
> = (context) => ({
  listMetricDescriptors: () => Promise.resolve({ descriptors: metricDescriptors() }),

  listPodSandboxMetrics: async (_request, { signal }) => ({ podMetrics: await all(context, signal) }),

  async *streamPodSandboxMetrics(_request, { signal }) {
    for (const podSandboxMetrics of inLists(await all(context, signal))) yield { podSandboxMetrics };
  },
});

async function all(context: CriContext, signal: AbortSignal) {
  const sandboxes = await context.runtime.listPodSandboxes({ state: 'SANDBOX_READY' }, { signal });
  return present(sandboxes.map((sandbox) => ofSandbox(context, sandbox, signal)));
}

async function ofSandbox(
  { runtime }: CriContext,
  sandbox: PodSandboxStatus,
  signal: AbortSignal,
): Promise<MessageInitShape<typeof PodSandboxMetricsSchema>> {
  const containers = await runtime.listContainers({ sandboxId: sandbox.id }, { signal });
  const stats = await runtime.podSandboxStats(sandbox.id, { signal, detailed: true });
  return {
    podSandboxId: sandbox.id,
    metrics: podMetrics(sandbox, stats),
    containerMetrics: stats.containers.flatMap((one) => {
      const status = containers.find(({ id }) => id === one.id);
      return status === undefined
        ? []
        : [{ containerId: one.id, metrics: containerMetrics(sandbox, status, one) }];
    }),
  };
}
