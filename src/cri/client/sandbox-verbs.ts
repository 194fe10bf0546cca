import { isPeapodError, PeapodError } from '../../model/errors.ts';
import type { PodRuntime, PodSandboxStatus, SandboxFilter } from '../../runtime/pod-runtime.ts';
import { PodSandboxState } from '../api/runtime_pb.ts';
import type { CriContext } from './cri-context.ts';
import { readSandbox } from './read-sandbox.ts';
import { readSandboxStats } from './read-stats.ts';
import { withConfig } from './sandbox-annotation.ts';
import { resourcesMessage, sandboxMessage } from './sandbox-message.ts';
import { openConnection } from './streaming-sessions.ts';
import { failingAs, unlessGone } from './verb-error.ts';

type SandboxVerb =
  | 'runPodSandbox'
  | 'stopPodSandbox'
  | 'removePodSandbox'
  | 'podSandboxStatus'
  | 'listPodSandboxes'
  | 'podSandboxStats'
  | 'updatePodSandboxResources'
  | 'portForward';

export function sandboxVerbs(context: CriContext): Pick<PodRuntime, SandboxVerb> {
  const { runtime, abilities, clock } = context;
  const status = async (podSandboxId: string, options: { signal?: AbortSignal }) => {
    const { status } = await runtime.podSandboxStatus({ podSandboxId }, options);
    if (status === undefined) throw new PeapodError('NotFound', `sandbox "${podSandboxId}" not found`);
    return readSandbox(status);
  };
  return {
    runPodSandbox: async (config, options = {}) => {
      const message = sandboxMessage(withConfig(config), abilities);
      const request = { config: message, runtimeHandler: config.runtimeHandler ?? '' };
      try {
        const made = await failingAs('CreatePodSandboxError', () => runtime.runPodSandbox(request, options));
        return made.podSandboxId;
      } catch (error) {
        options.signal?.throwIfAborted();
        const present = await presentSandbox(context, config, error);
        if (present === undefined) throw error;
        return present;
      }
    },
    stopPodSandbox: (podSandboxId, options = {}) =>
      unlessGone(() => runtime.stopPodSandbox({ podSandboxId }, options)),
    removePodSandbox: async (podSandboxId, options = {}) => {
      await unlessGone(() => runtime.stopPodSandbox({ podSandboxId }, options));
      await unlessGone(() => runtime.removePodSandbox({ podSandboxId }, options));
    },
    podSandboxStatus: (id, options = {}) => status(id, options),
    listPodSandboxes: async (filter = {}, options = {}) => {
      const { items } = await runtime.listPodSandbox({ filter: filterMessage(filter) }, options);
      const wanted = items.filter(
        ({ metadata }) => filter.podUid === undefined || metadata?.uid === filter.podUid,
      );
      const found = await Promise.all(wanted.map(({ id }) => unlessNotFound(status(id, options))));
      return found.filter((one): one is PodSandboxStatus => one !== undefined);
    },
    podSandboxStats: async (podSandboxId, options = {}) => {
      const { stats } = await runtime.podSandboxStats({ podSandboxId }, options);
      if (stats === undefined) throw new PeapodError('NotFound', `sandbox "${podSandboxId}" not found`);
      return readSandboxStats(stats);
    },
    updatePodSandboxResources: async (podSandboxId, { overhead, resources }, options = {}) => {
      await runtime.updatePodSandboxResources(
        {
          podSandboxId,
          ...(overhead === undefined ? {} : { overhead: resourcesMessage(overhead) }),
          ...(resources === undefined ? {} : { resources: resourcesMessage(resources) }),
        },
        options,
      );
    },
    portForward: async (podSandboxId, port, { signal } = {}) => {
      const { url } = await runtime.portForward(
        { podSandboxId, port: [port] },
        signal === undefined ? {} : { signal },
      );
      return await openConnection(url, port, { clock, signal });
    },
  };
}

function filterMessage({ id, state, labels }: SandboxFilter) {
  return {
    id: id ?? '',
    labelSelector: labels ?? {},
    ...(state === undefined ? {} : { state: { state: PodSandboxState[state] } }),
  };
}

/** containerd and CRI-O answer a repeated call with `name … is reserved`: then the first one's result is looked for. */
async function presentSandbox(
  { runtime }: CriContext,
  { metadata }: Parameters<PodRuntime['runPodSandbox']>[0],
  error: unknown,
): Promise<string | undefined> {
  if (!isPeapodError(error) || !/is reserved/.test(error.message)) return undefined;
  const { items } = await runtime.listPodSandbox({
    filter: { state: { state: PodSandboxState.SANDBOX_READY } },
  });
  const { uid, name, namespace, attempt } = metadata;
  return items.find(
    ({ metadata: other }) =>
      other?.uid === uid && other.name === name && other.namespace === namespace && other.attempt === attempt,
  )?.id;
}

/** What goes while it is listed was not there. */
export async function unlessNotFound<T>(found: Promise<T>): Promise<T | undefined> {
  return await found.catch((error: unknown) => {
    if (isPeapodError(error, 'NotFound')) return undefined;
    throw error;
  });
}
