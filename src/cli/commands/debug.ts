import { randomBytes } from 'node:crypto';
import type { EphemeralContainer, Pod } from '../../model/api/types.ts';
import { defaultPod } from '../../model/defaults/default-pod.ts';
import { PeapodError } from '../../model/errors.ts';
import { assertNoFieldErrors } from '../../model/field-error.ts';
import { validateAddedEphemeralContainers } from '../../model/validation/validate-pod.ts';
import { openRuntime } from '../engine/open-runtime.ts';
import { openSources, type PodSource } from '../engine/pod-source.ts';
import { chooseContainer, containerId, containerStatuses, findPod } from '../find-pods.ts';
import type { UserClient } from '../../client/user-client.ts';
import { containerLog } from '../output/container-log.ts';
import { terminalOf } from '../output/terminal.ts';
import { ExitCode } from '../report-error.ts';
import { requireRoot } from '../require-root.ts';
import { Interrupts } from '../run/interrupts.ts';
import { pullImages } from '../run/pull-images.ts';
import type { Settings } from '../settings.ts';
import { connect } from './exec.ts';

export interface DebugOptions {
  namespace: string;
  image: string;
  container?: string;
  target?: string;
  stdin?: boolean;
  tty?: boolean;
}

/** `peapod debug`: adds an ephemeral container to a running pod and joins its terminal. The exit code is the container's. */
export async function debug(
  settings: Settings,
  reference: string,
  command: readonly string[],
  options: DebugOptions,
): Promise<void> {
  requireRoot('debug pods');
  await using sources = await openSources(settings);
  const { pod, source } = await findPod(sources, options.namespace, reference);
  await using host = await openRuntime(source);
  using interrupts = new Interrupts();
  if (options.target !== undefined) chooseContainer(pod, options.target);
  const name = options.container ?? `debugger-${randomBytes(3).toString('hex')}`;
  const tty = options.tty === true && process.stdin.isTTY;
  const container: EphemeralContainer = {
    name,
    image: options.image,
    ...(command.length === 0 ? {} : { command: [...command] }),
    stdin: options.stdin === true,
    // What is piped in ends for the container too.
    stdinOnce: options.stdin === true,
    tty,
    ...(options.target === undefined ? {} : { targetContainerName: options.target }),
  };
  const added = withContainer(pod, container);
  assertNoFieldErrors('Pod', pod.metadata?.name ?? '', validateAddedEphemeralContainers(added));
  await pullImages(host.runtime, [imagePod(added, name)], terminalOf(process.stderr), {
    signal: interrupts.first,
  });
  await source.client.addEphemeralContainer(pod, added.spec?.ephemeralContainers?.at(-1) ?? container);
  const id = await started(source.client, pod, name, interrupts.first);
  if (options.stdin !== true) {
    await printToEnd(source, pod, name, interrupts.first);
    return;
  }
  await using session = await host.runtime.attach(id, { tty, stdin: true });
  using _ = connect(session, { tty, stdin: true });
  const exitCode = await session.exit;
  if (exitCode !== 0) throw new ExitCode(exitCode);
}

/** From its log, in which nothing is missing however early it ended. */
async function printToEnd(
  { client, paths }: PodSource,
  { metadata }: Pod,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const { namespace = 'default', name: podName = '' } = metadata ?? {};
  const end = async () => {
    const pod = await client.getPod(namespace, podName);
    return containerStatuses(pod).find((status) => status.name === name)?.state?.terminated;
  };
  const hasEnded = async () => (await end().catch(() => undefined)) !== undefined;
  for await (const entry of containerLog(paths.logs, { metadata: metadata ?? {} }, name, 0, {
    follow: true,
    signal,
    hasEnded,
  }))
    (entry.stream === 'stderr' ? process.stderr : process.stdout).write(entry.text);
  signal.throwIfAborted();
  const exitCode = (await end())?.exitCode ?? 0;
  if (exitCode !== 0) throw new ExitCode(exitCode);
}

function withContainer(pod: Pod, container: EphemeralContainer): Pod {
  const ephemeralContainers = [...(pod.spec?.ephemeralContainers ?? []), container];
  return defaultPod({ ...pod, spec: { containers: [], ...pod.spec, ephemeralContainers } });
}

/** A pod of that container alone, whose image is to be pulled. */
function imagePod(pod: Pod, name: string): Pod {
  const added = pod.spec?.ephemeralContainers?.find((container) => container.name === name);
  return { spec: { containers: added === undefined ? [] : [added] } };
}

async function started(
  client: UserClient,
  { metadata }: Pod,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const only = { namespace: metadata?.namespace ?? 'default', name: metadata?.name ?? '' };
  for await (const [pod] of client.followPods({ signal, only })) {
    if (pod === undefined) throw new PeapodError('NotFound', `pods "${only.name}" not found`);
    const state = containerStatuses(pod).find((status) => status.name === name)?.state;
    if (state?.running !== undefined || state?.terminated !== undefined) return containerId(pod, name);
    const { reason = '', message } = state?.waiting ?? {};
    if (/Err|BackOff|Invalid/.test(reason)) {
      throw new PeapodError('FailedPrecondition', `cannot start container "${name}": ${message ?? reason}`);
    }
  }
  signal.throwIfAborted();
  throw new PeapodError('Unavailable', `container "${name}" was not started`);
}
