import { isPeapodError, PeapodError } from '../../model/errors.ts';
import type {
  CallOptions,
  ContainerConfig,
  ContainerFilter,
  ContainerStatus,
  ContainerVerb,
  LinuxContainerResources,
  PodRuntime,
} from '../../runtime/pod-runtime.ts';
import { ContainerState } from '../api/runtime_pb.ts';
import { containerMessage, signalName } from './container-message.ts';
import type { CriContext } from './cri-context.ts';
import { readContainer } from './read-container.ts';
import { readConfig } from './sandbox-annotation.ts';
import { readContainerStats } from './read-stats.ts';
import { resourcesMessage, sandboxMessage } from './sandbox-message.ts';
import { unlessNotFound } from './sandbox-verbs.ts';
import { openSession } from './streaming-sessions.ts';
import { failingAs, unlessGone } from './verb-error.ts';

const MS_PER_SECOND = 1000;
const DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

export function containerVerbs(context: CriContext): Pick<PodRuntime, ContainerVerb> {
  const { runtime, clock } = context;
  /** For runtimes that do not tell. */
  const resources = new Map<string, LinuxContainerResources>();

  const status = async (id: string, sandboxId: string, options: CallOptions): Promise<ContainerStatus> => {
    const { status } = await runtime.containerStatus({ containerId: id }, options);
    if (status === undefined) throw new PeapodError('NotFound', `container "${id}" not found`);
    return readContainer(status, sandboxId, resources.get(id));
  };
  const list = async (filter: ContainerFilter, options: CallOptions): Promise<ContainerStatus[]> => {
    const { containers } = await runtime.listContainers({ filter: filterMessage(filter) }, options);
    const found = await Promise.all(
      containers.map(({ id, podSandboxId }) => unlessNotFound(status(id, podSandboxId, options))),
    );
    return found.filter((one) => one !== undefined).sort((a, b) => a.createdAt - b.createdAt);
  };
  return {
    createContainer: (sandboxId, config, options = {}) => create(context, sandboxId, config, options),
    startContainer: async (containerId, options = {}) => {
      await failingAs('RunContainerError', () => runtime.startContainer({ containerId }, options)).catch(
        async (error: unknown) => {
          options.signal?.throwIfAborted();
          // Started before, by a call whose answer was lost.
          const { status: now } = await runtime.containerStatus({ containerId }, options);
          if ((now?.startedAt ?? 0n) === 0n || now?.reason === 'StartError') throw error;
        },
      );
    },
    stopContainer: async (containerId, timeoutMs, options = {}) => {
      const { stopSignal, ...call } = options;
      if (stopSignal !== undefined) await demandSignal(context, containerId, stopSignal);
      const timeout = BigInt(Math.ceil(timeoutMs / MS_PER_SECOND));
      await unlessGone(() => runtime.stopContainer({ containerId, timeout }, call));
    },
    removeContainer: async (containerId, options = {}) => {
      resources.delete(containerId);
      await unlessGone(() => runtime.removeContainer({ containerId }, options));
    },
    containerStatus: async (id, options = {}) => {
      const [one] = await list({ id }, options);
      if (one !== undefined) return one;
      throw new PeapodError('NotFound', `container "${id}" not found`);
    },
    listContainers: (filter = {}, options = {}) => list(filter, options),
    updateContainerResources: async (containerId, change, options = {}) => {
      const linux = resourcesMessage(change);
      await failingAs('RunContainerError', () =>
        runtime.updateContainerResources({ containerId, linux }, options),
      );
      const [now] = await list({ id: containerId }, options);
      resources.set(containerId, { ...now?.resources, ...change });
    },
    reopenContainerLog: async (containerId, options = {}) => {
      await runtime.reopenContainerLog({ containerId }, options);
    },
    containerStats: async (containerId, options = {}) => {
      const { stats } = await runtime.containerStats({ containerId }, options);
      if (stats === undefined) throw new PeapodError('NotFound', `container "${containerId}" not found`);
      return readContainerStats(stats);
    },
    checkpointContainer: async (containerId, location, { timeoutMs = 0, ...call } = {}) => {
      const timeout = BigInt(Math.ceil(timeoutMs / MS_PER_SECOND));
      await failingAs('RunContainerError', () =>
        runtime.checkpointContainer({ containerId, location, timeout }, call),
      );
    },
    execSync: async (containerId, command, options = {}) => {
      const { timeoutMs = 0, maxOutputBytes = DEFAULT_MAX_OUTPUT_BYTES, ...call } = options;
      const timeout = BigInt(Math.ceil(timeoutMs / MS_PER_SECOND));
      const result = await runtime.execSync({ containerId, cmd: [...command], timeout }, call);
      const head = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, maxOutputBytes));
      return { exitCode: result.exitCode, stdout: head(result.stdout), stderr: head(result.stderr) };
    },
    exec: async (containerId, { command, tty, stdin, size }, { signal } = {}) => {
      const wanted = { containerId, cmd: [...command], tty, stdin, stdout: true, stderr: !tty };
      const { url } = await runtime.exec(wanted, signal === undefined ? {} : { signal });
      return await openSession({ url, tty, stdin, size, clock, signal });
    },
    attach: async (containerId, { tty, stdin, size }, { signal } = {}) => {
      const wanted = { containerId, tty, stdin, stdout: true, stderr: !tty };
      const { url } = await runtime.attach(wanted, signal === undefined ? {} : { signal });
      const session = await openSession({ url, tty, stdin, size, clock, signal });
      // The end of the streams says nothing about the container's.
      const exit = session.exit.then(
        async (code) => (await runtime.containerStatus({ containerId })).status?.exitCode ?? code,
      );
      exit.catch(() => {});
      return { ...session, exit };
    },
  };
}

async function create(
  context: CriContext,
  podSandboxId: string,
  config: ContainerConfig,
  options: CallOptions,
): Promise<string> {
  const { runtime, abilities } = context;
  const { status: sandbox } = await runtime.podSandboxStatus({ podSandboxId }, options);
  if (sandbox === undefined) throw new PeapodError('NotFound', `sandbox "${podSandboxId}" not found`);
  const sandboxConfig = readConfig(sandbox);
  const { stopSignal } = config;
  const request = {
    podSandboxId,
    config: containerMessage(config, sandboxConfig.linux.namespaces.userns, abilities),
    sandboxConfig: sandboxMessage(sandboxConfig, abilities),
  };
  const id = await failingAs('CreateContainerError', () => runtime.createContainer(request, options))
    .then(({ containerId }) => containerId)
    .catch(async (error: unknown) => {
      options.signal?.throwIfAborted();
      const present = await presentContainer(context, podSandboxId, config, error);
      if (present === undefined) throw error;
      return present;
    });
  if (stopSignal === undefined || stopSignal === '') return id;
  try {
    await demandSignal(context, id, stopSignal);
    return id;
  } catch (error) {
    await runtime.removeContainer({ containerId: id });
    throw error;
  }
}

/** What was asked for is looked for: older runtimes leave the signal out without a word. */
async function demandSignal(
  { runtime, name }: CriContext,
  containerId: string,
  stopSignal: string,
): Promise<void> {
  const { status } = await runtime.containerStatus({ containerId });
  if (status !== undefined && signalName(status.stopSignal) === stopSignal) return;
  throw new PeapodError(
    'Unsupported',
    `lifecycle.stopSignal: Forbidden: the runtime ${name} does not support it`,
  );
}

/** containerd and CRI-O answer a repeated call with `name … is reserved`: then the first one's result is looked for. */
async function presentContainer(
  { runtime }: CriContext,
  podSandboxId: string,
  { metadata: { name, attempt } }: ContainerConfig,
  error: unknown,
): Promise<string | undefined> {
  if (!isPeapodError(error) || !/is reserved/.test(error.message)) return undefined;
  const { containers } = await runtime.listContainers({ filter: { podSandboxId } });
  return containers.find(({ metadata }) => metadata?.name === name && metadata.attempt === attempt)?.id;
}

function filterMessage({ id, sandboxId, state, labels }: ContainerFilter) {
  return {
    id: id ?? '',
    podSandboxId: sandboxId ?? '',
    labelSelector: labels ?? {},
    ...(state === undefined ? {} : { state: { state: ContainerState[state] } }),
  };
}
