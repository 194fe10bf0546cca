import { access, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { cgroupPlace } from '../cgroup/cgroup-place.ts';
import { lockFile } from '../linux/lock-file.ts';
import { bootId } from '../linux/proc.ts';
import { traced } from '../linux/trace.ts';
import { writeFileAtomic } from '../linux/write-file-atomic.ts';
import { keepCompiledSeccomp, withCompiledSeccomp } from '../oci/compiled-seccomp.ts';
import type { CallOptions, ContainerConfig, ImageStatus } from '../pod-runtime.ts';
import { announceChange } from './announce-change.ts';
import { appArmorProfile } from './apparmor-profile.ts';
import { applyCdiEdits } from './cdi/apply-cdi-edits.ts';
import { cdiEdits } from './cdi/cdi-edits.ts';
import { checkPropagation } from './check-propagation.ts';
import { createUnderConmon } from './conmon.ts';
import { discardContainer } from './discard-container.ts';
import type { ContainerContext, ContainerSandbox, OciRuntimeCommand } from './container-context.ts';
import { containerId } from './container-id.ts';
import { containerLogPath } from './container-log-path.ts';
import { type ContainerPaths, containerPaths } from './container-paths.ts';
import { type ContainerRecord, findRecord, saveRecord } from './container-record.ts';
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
import { mkdir, rm } from '../linux/files.ts';

const CREATE_TIMEOUT_MS = 120_000;
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
  const paths = containerPaths(context.paths, id);
  await using _lock = await lockFile(paths.lock, { ...options, removeFile: true });
  const present = await findRecord(context.paths.containers, id);
  if (present && present.createdAt > 0) return id;
  await discardContainer(context, id);

  const sandbox = await readySandbox(context, sandboxId);
  const image = await presentImage(context, config);
  const record = newRecord(context, id, sandbox, config, image);
  signalNumber(record.stopSignal);
  try {
    await saveRecord(context.paths.containers, record);
    const { spec, user } = await traced('prepare bundle', () =>
      prepareBundle(context, sandbox, record, image, paths),
    );
    const withUser = {
      ...record,
      user: { uid: user.uid, gid: user.gid, supplementalGroups: user.supplementalGroups },
    };
    options.signal?.throwIfAborted();
    const made = await traced('conmon and OCI create', () =>
      createProcess(context, withUser, spec, paths, options.signal),
    );
    // The container has its own copies of these mounts.
    await unmountBelow(paths.idMapped);
    options.signal?.throwIfAborted();
    await saveRecord(context.paths.containers, { ...made, createdAt: context.clock.now() });
    await announceChange(context.paths);
  } catch (error) {
    await discardContainer(context, id);
    throw error;
  }
  return id;
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

/** Mounts the root and writes the OCI bundle. */
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
  await mkdir(paths.bundle, { recursive: true, mode: 0o700 });
  await mkdir(paths.exits, { recursive: true, mode: 0o700 });
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
  await writeFileAtomic(paths.spec, JSON.stringify(spec), { mode: 0o600, durable: false });
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

/** Has conmon and the OCI runtime make the process. A refusal is kept for the start: that is where Kubernetes tells of it. */
async function createProcess(
  context: ContainerContext,
  record: ContainerRecord,
  spec: OciSpec,
  paths: ContainerPaths,
  signal: AbortSignal | undefined,
): Promise<ContainerRecord> {
  if (record.logPath !== '') await mkdir(dirname(record.logPath), { recursive: true, mode: 0o755 });
  await rm(paths.exit, { force: true });
  const result = await createUnderConmon(
    {
      conmon: context.conmon,
      runtime: record.runtime,
      id: record.id,
      paths,
      logPath: record.logPath,
      tty: record.config.tty,
      stdin: record.config.stdin,
      stdinOnce: record.config.stdinOnce,
      enterCgroup: (pid) => context.cgroups.enterConmon(pid),
      timeoutMs: CREATE_TIMEOUT_MS,
    },
    signal,
  );
  if (result.outcome === 'refused') {
    return { ...record, startError: startErrorMessage(result.output, spec.process.args[0] ?? '') };
  }
  await keepCompiledSeccomp(context.paths.run, record.runtime, record.id, spec);
  const conmon = identify(result.conmonPid);
  const init = identify(result.initPid);
  await access(paths.attachSocket);
  return { ...record, init, conmon };
}
