import { access, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { cgroupPlace } from '../cgroup/cgroup-place.ts';
import { lockFile } from '../linux/lock-file.ts';
import { bootId } from '../linux/proc.ts';
import { traced } from '../linux/trace.ts';
import { keepCompiledSeccomp, withCompiledSeccomp } from '../oci/compiled-seccomp.ts';
import type { CallOptions, ContainerConfig, ImageStatus } from '../pod-runtime.ts';
import { announceChange } from './announce-change.ts';
import { appArmorProfile } from './apparmor-profile.ts';
import { applyCdiEdits } from './cdi/apply-cdi-edits.ts';
import { cdiEdits } from './cdi/cdi-edits.ts';
import { checkPropagation } from './check-propagation.ts';
import { discardContainer } from './discard-container.ts';
import { launch, type Launch, type LaunchRequest, TooLongToWait } from './launch/launch.ts';
import type { ConmonResult } from './launch/conmon.ts';
import type { ContainerContext, ContainerSandbox, OciRuntimeCommand } from './container-context.ts';
import { containerId } from './container-id.ts';
import { containerLogPath } from './container-log-path.ts';
import { type ContainerPaths, containerPaths } from './container-paths.ts';
import { amendRecord, type ContainerRecord, findNamed, saveRecord } from './container-record.ts';
import { mountRootfs, unmountBelow } from './container-rootfs.ts';
import { allHostDevices, requestedDevices } from './host-devices.ts';
import { makeDirectoryInRoot, readImageFile } from './image-file.ts';
import { identify } from './observe-container.ts';
import { letIn, letThrough, podUserNamespace } from './pod-user-namespace.ts';
import { resolveMounts, resolveSandboxFiles } from './resolve-mounts.ts';
import { signalNumber } from './signal-number.ts';
import { buildSpec } from './spec/build-spec.ts';
import { type ContainerUser, resolveUser } from './spec/container-user.ts';
import type { OciSeccomp, OciSpec } from './spec/oci-spec.ts';
import { parseSeccompProfile } from './spec/seccomp-localhost.ts';
import { startErrorMessage } from './start-error.ts';
import { targetProcess } from './target-process.ts';

const DEFAULT_STOP_SIGNAL = 'SIGTERM';

/**
 * Makes a container ready to start: its root, its specification, and its first process, which waits. Asked again for the same name and
 * attempt in the same sandbox, it gives the one that is there. What fails halfway is taken away again.
 * @returns the container's id
 * @throws PeapodError NotFound (sandbox), FailedPrecondition (sandbox not ready), ImageNotFound, CreateContainerConfigError, CreateContainerError. That
 * the command cannot be run is said by `startContainer`.
 */
export function createContainer(
  context: ContainerContext,
  sandboxId: string,
  config: ContainerConfig,
  options: CallOptions = {},
): Promise<string> {
  const lane = `container ${config.metadata.name}`;
  return traced('create container', () => create(context, sandboxId, config, options), lane);
}

async function create(
  context: ContainerContext,
  sandboxId: string,
  config: ContainerConfig,
  options: CallOptions,
): Promise<string> {
  const id = containerId(sandboxId, config.metadata);
  const { lock } = containerPaths(context.paths, id);
  await using _lock = await lockFile(lock, { ...options, removeFile: true });
  const present = await findNamed(context.paths.containers, sandboxId, config.metadata);
  if (present && present.createdAt > 0) return present.id;
  if (present && present.id !== id) await discardContainer(context, present.id);
  await discardContainer(context, id);

  const sandbox = await readySandbox(context, sandboxId);
  const image = await presentImage(context, config);
  const record = newRecord(context, id, sandbox, config, image);
  signalNumber(record.stopSignal);
  const spare = await context.launches?.take(launchOf(record));
  if (spare === undefined) return await makeWhole(context, sandbox, record, image, options);
  using _spareLock = spare.lock;
  const underItsId = newRecord(context, spare.id, sandbox, config, image);
  return await makeWhole(context, sandbox, underItsId, image, { ...options, begun: spare.launch });
}

/** Makes the container and its record, or nothing. @param options.begun what is on its way to it already */
async function makeWhole(
  context: ContainerContext,
  sandbox: ContainerSandbox,
  record: ContainerRecord,
  image: ImageStatus,
  { begun, ...options }: CallOptions & { begun?: Launch },
): Promise<string> {
  const { id } = record;
  try {
    await saveRecord(context.paths.containers, record);
    const made = await make(context, sandbox, record, image, options, begun).catch(async (error: unknown) => {
      if (!(error instanceof TooLongToWait)) throw error;
      await discardContainer(context, id);
      await saveRecord(context.paths.containers, record);
      const anew = await launch(context, launchOf(record), { waiting: false });
      return await make(context, sandbox, record, image, options, anew);
    });
    options.signal?.throwIfAborted();
    amendRecord(context.paths.containers, record, { ...made, createdAt: context.clock.now() });
    await announceChange(context.paths);
  } catch (error) {
    await discardContainer(context, id);
    throw error;
  }
  return id;
}

function launchOf({
  id,
  runtime,
  logPath,
  config: { tty, stdin, stdinOnce },
}: ContainerRecord): LaunchRequest {
  return { id, runtime, logPath, tty, stdin, stdinOnce };
}

async function readySandbox(context: ContainerContext, sandboxId: string): Promise<ContainerSandbox> {
  const sandbox = await context.sandboxes.get(sandboxId);
  if (sandbox.ready) return sandbox;
  throw new PeapodError(
    'FailedPrecondition',
    `sandbox "${sandboxId}" is not ready: its infra container has ended`,
  );
}

async function presentImage(context: ContainerContext, config: ContainerConfig): Promise<ImageStatus> {
  const image = await context.images.imageStatus(config.image);
  if (image) return image;
  throw new PeapodError('ImageNotFound', `image "${config.userImage || config.image}" is not present`);
}

function newRecord(
  context: ContainerContext,
  id: string,
  sandbox: ContainerSandbox,
  config: ContainerConfig,
  image: ImageStatus,
): ContainerRecord {
  const namespaces = config.linux.securityContext.namespaces ?? sandbox.config.linux.namespaces;
  const place = cgroupPlace(sandbox.config.linux.cgroupParent, id, context.systemd);
  return {
    version: 1,
    id,
    sandboxId: sandbox.id,
    podUid: sandbox.config.metadata.uid,
    config,
    resources: config.linux.resources,
    imageRef: image.repoDigests[0] ?? image.id,
    stopSignal: config.stopSignal || image.config.stopSignal || DEFAULT_STOP_SIGNAL,
    logPath: containerLogPath(sandbox.config.logDirectory, config.logPath),
    logDirectory: sandbox.config.logDirectory,
    user: { uid: 0, gid: 0, supplementalGroups: [] },
    cgroupPath: place.path,
    runtime: containerRuntime(sandbox.runtime, place.args),
    ownPidNamespace: namespaces.pid === 'CONTAINER',
    bootId: bootId(),
    init: undefined,
    conmon: undefined,
    startError: undefined,
    createdAt: 0,
    startRequestedAt: 0,
    startedAt: 0,
    finishedAt: 0,
    exitCode: 0,
    reason: '',
    message: '',
    settled: false,
  };
}

/** The sandbox's has the same arguments where the sandbox's cgroup is one of systemd's. */
function containerRuntime(
  { path, globalArgs }: OciRuntimeCommand,
  args: readonly string[],
): OciRuntimeCommand {
  return { path, globalArgs: [...globalArgs, ...args.filter((arg) => !globalArgs.includes(arg))] };
}

/** Makes the process, which waits for the start. @throws TooLongToWait */
async function make(
  context: ContainerContext,
  sandbox: ContainerSandbox,
  record: ContainerRecord,
  image: ImageStatus,
  options: CallOptions,
  begun: Launch | undefined,
): Promise<ContainerRecord> {
  using launched = begun ?? (await launch(context, launchOf(record), { waiting: true }));
  const paths = containerPaths(context.paths, record.id);
  const { spec, user } = await traced('prepare bundle', () =>
    prepareBundle(context, sandbox, record, image, paths),
  );
  options.signal?.throwIfAborted();
  const result = await traced('conmon and OCI create', () => launched.finish(JSON.stringify(spec)));
  // The container has its own copies of these mounts.
  await unmountBelow(paths.idMapped);
  const withUser = {
    ...record,
    user: { uid: user.uid, gid: user.gid, supplementalGroups: user.supplementalGroups },
  };
  return await withProcess(context, withUser, spec, result);
}

/** Mounts the root and says how the container is to be. */
async function prepareBundle(
  context: ContainerContext,
  sandbox: ContainerSandbox,
  record: ContainerRecord,
  image: ImageStatus,
  paths: ContainerPaths,
): Promise<{ spec: OciSpec; user: ContainerUser }> {
  const { config } = record;
  const security = config.linux.securityContext;
  const users = podUserNamespace(sandbox);
  if (users) {
    await letThrough([context.paths.run, dirname(paths.bundle)]);
    await letIn(paths.bundle, users);
  }
  await traced('mount rootfs', async () =>
    mountRootfs(paths, await context.images.rootfsLayers(image.id), users),
  );
  const mounts = await traced('resolve mounts', () => resolveMounts(context, paths, config.mounts, users));
  await checkPropagation(mounts);
  const user = containerUser(paths.rootfs, config, image);
  const built = buildSpec({
    containerId: record.id,
    config,
    image: image.config,
    user,
    rootfs: paths.rootfs,
    sandbox: {
      ...sandbox,
      ...(await resolveSandboxFiles(sandbox, paths, users)),
      namespaces: sandbox.config.linux.namespaces,
      cgroupsPath: cgroupPlace(sandbox.config.linux.cgroupParent, record.id, context.systemd).cgroupsPath,
    },
    targetPid: await targetProcess(context, sandbox, config),
    mounts,
    devices: [
      ...(security.privileged ? await allHostDevices() : []),
      ...(await requestedDevices(config.devices)),
    ],
    localhostSeccomp: await localhostSeccomp(config),
    appArmorProfile: await appArmorProfile(security.apparmor),
    host: context.host,
  });
  const edited = await applyCdiEdits(built, await cdiEdits(config.cdiDevices ?? [], context.cdiDirectories));
  const spec = await withCompiledSeccomp(context.paths.run, record.runtime, edited);
  makeDirectoryInRoot(paths.rootfs, spec.process.cwd, users);
  return { spec, user };
}

function containerUser(rootfs: string, config: ContainerConfig, image: ImageStatus): ContainerUser {
  const security = config.linux.securityContext;
  return resolveUser(
    {
      runAsUser: security.runAsUser,
      runAsUsername: security.runAsUsername,
      runAsGroup: security.runAsGroup,
      imageUser: image.config.user,
      supplementalGroups: security.supplementalGroups ?? [],
      policy: security.supplementalGroupsPolicy ?? 'Merge',
    },
    readImageFile(rootfs, '/etc/passwd'),
    readImageFile(rootfs, '/etc/group'),
  );
}

async function localhostSeccomp(config: ContainerConfig): Promise<OciSeccomp | undefined> {
  const profile = config.linux.securityContext.seccomp;
  if (profile?.type !== 'Localhost') return undefined;
  const path = profile.localhostRef ?? '';
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new PeapodError('CreateContainerError', `cannot load seccomp profile "${path}": ${String(error)}`, {
      cause: error,
    });
  }
  return parseSeccompProfile(path, text);
}

/** A refusal is kept for the start: that is where Kubernetes tells of it. */
async function withProcess(
  context: ContainerContext,
  record: ContainerRecord,
  spec: OciSpec,
  result: ConmonResult,
): Promise<ContainerRecord> {
  if (result.outcome === 'refused') {
    return { ...record, startError: startErrorMessage(result.output, spec.process.args[0] ?? '') };
  }
  await keepCompiledSeccomp(context.paths.run, record.runtime, record.id, spec);
  const conmon = identify(result.conmonPid);
  const init = identify(result.initPid);
  await access(containerPaths(context.paths, record.id).attachSocket);
  return { ...record, init, conmon };
}
