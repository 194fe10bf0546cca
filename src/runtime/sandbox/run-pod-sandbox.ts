/** From a configuration to a pod's namespaces, held by the infra container, with the network in them. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { cgroupPlace } from '../cgroup/cgroup-place.ts';
import { closeOff, letIn, letThrough, podUserNamespace } from '../container/pod-user-namespace.ts';
import { lockFile } from '../linux/lock-file.ts';
import { bootId } from '../linux/proc.ts';
import { runDetachedCommand } from '../linux/run-detached.ts';
import { traced } from '../linux/trace.ts';
import { executableOf } from '../oci/executable-of.ts';
import { ociRuntimeFor } from '../oci/runtime-handlers.ts';
import type { CallOptions, PodSandboxConfig } from '../pod-runtime.ts';
import { infraRootfs } from './infra-rootfs.ts';
import { infraSpec } from './infra-spec.ts';
import type { SandboxContext } from './sandbox-context.ts';
import { makeSandboxFiles } from './sandbox-files.ts';
import { saveWithIds } from './save-with-ids.ts';
import { sandboxPaths } from './sandbox-paths.ts';
import {
  identifyProcess,
  isReady,
  type ProcessIdentity,
  type SandboxRecord,
  sandboxId,
} from './sandbox-record.ts';
import { takeOver } from './pool/take-over.ts';
import { unmakeSandbox } from './unmake-sandbox.ts';
import { mkdir, writeFile } from '../linux/files.ts';

const CREATE_TIMEOUT_MS = 30_000;

/**
 * Idempotent by the pod's metadata. What fails half-way is undone before the error is thrown.
 * @throws PeapodError CreatePodSandboxError, NetworkError, HostPortTaken, Invalid, MissingPrerequisite
 */
export async function runPodSandbox(
  context: SandboxContext,
  config: PodSandboxConfig,
  options: CallOptions,
): Promise<string> {
  const id = sandboxId(config.metadata);
  const paths = sandboxPaths(context.paths, id);
  await using _ = await lockFile(paths.lock, { removeFile: true, ...options });
  const known = await context.records.read(id);
  if (known !== undefined && isReady(known)) return id;
  if (known !== undefined) await unmakeSandbox(context, known);
  const record = newRecord(context, id, config);
  const spare = await context.pool.take(record.config);
  if (spare !== undefined) {
    const taken = await traced('take over a sandbox', () => takeOver(context, record, spare, options));
    if (taken !== undefined) return taken;
  }
  try {
    await traced('save record', () => saveWithIds(context, record, options));
  } catch (error) {
    await context.records.remove(id);
    throw error;
  }
  try {
    await traced('make sandbox files', () => makeSandboxFiles(paths, record.config));
    record.infra = await traced('start infra container', () => startInfra(context, record, options));
    await context.records.save(record);
    if (config.linux.namespaces.network === 'POD')
      record.ips = await traced('join network', () => joinNetwork(context, record, options));
    await context.records.save({ ...record, createdAt: context.clock.now() });
    return id;
  } catch (error) {
    await unmakeSandbox(context, record);
    await context.records.remove(id);
    throw error;
  }
}

function newRecord(context: SandboxContext, id: string, config: PodSandboxConfig): SandboxRecord {
  const ownsCgroup = config.linux.cgroupParent === '';
  const cgroupParent = config.linux.cgroupParent || `${context.cgroupParent}/${id}`;
  const { path, globalArgs } = ociRuntimeFor(context.oci, config.runtimeHandler ?? '');
  const { args } = cgroupPlace(cgroupParent, id, context.systemd);
  const maker = identifyProcess(process.pid) ?? { pid: process.pid, startTime: 0 };
  return {
    version: 1,
    id,
    config: { ...config, linux: { ...config.linux, cgroupParent } },
    runtime: { path, globalArgs: [...globalArgs, ...args] },
    ownsCgroup,
    createdAt: 0,
    stoppedAt: 0,
    maker,
    bootId: bootId(),
    infra: undefined,
    ips: [],
  };
}

/** @returns the infra container's process */
async function startInfra(
  context: SandboxContext,
  record: SandboxRecord,
  options: CallOptions,
): Promise<ProcessIdentity> {
  const paths = sandboxPaths(context.paths, record.id);
  const rootfs = await traced('infra rootfs', () => infraRootfs(context.paths.root));
  const users = podUserNamespace({ infraPid: 0, config: record.config });
  if (users !== undefined) {
    const { pods, claims, logs, run } = context.paths;
    await closeOff([pods, claims, logs, join(run, 'pods')]);
    await letThrough([context.paths.root]);
    await letThrough([run, dirname(paths.directory)]);
    await letIn(paths.directory, users);
  }
  const spec = infraSpec(record.config, {
    id: record.id,
    ociVersion: context.oci.preferred.ociVersion,
    cgroupsPath: cgroupPlace(record.config.linux.cgroupParent, record.id, context.systemd).cgroupsPath,
    rootfs,
    own: context.own,
  });
  await writeFile(join(paths.bundle, 'config.json'), JSON.stringify(spec), { mode: 0o600 });
  await mkdir(join(context.paths.run, 'oci'), { recursive: true, mode: 0o700 });
  const runtime = record.runtime ?? context.oci.preferred;
  const args = [
    ...runtime.globalArgs,
    '--log',
    paths.log,
    '--log-format',
    'json',
    'run',
    '--detach',
    '--bundle',
    paths.bundle,
    '--pid-file',
    paths.pidFile,
    record.id,
  ];
  try {
    await runDetachedCommand(runtime.path, args, {
      logFile: paths.log,
      timeoutMs: CREATE_TIMEOUT_MS,
      executable: executableOf(runtime.path),
      ...options,
    });
  } catch (cause) {
    if (!(cause instanceof PeapodError) || cause.code !== 'Unavailable') throw cause;
    throw new PeapodError('CreatePodSandboxError', `cannot make the infra container: ${cause.message}`, {
      cause,
      retryable: true,
    });
  }
  const pid = Number(await readFile(paths.pidFile, 'utf8').catch(() => ''));
  if (!(pid > 0))
    throw new PeapodError(
      'CreatePodSandboxError',
      `${runtime.path} run told no process of the infra container`,
      {
        retryable: true,
      },
    );
  const infra = identifyProcess(pid);
  if (infra === undefined)
    throw new PeapodError('CreatePodSandboxError', 'the infra container ended at once', { retryable: true });
  return infra;
}

function joinNetwork(
  context: SandboxContext,
  record: SandboxRecord,
  options: CallOptions,
): Promise<string[]> {
  const { metadata, portMappings } = record.config;
  const netns = `/proc/${record.infra?.pid}/ns/net`;
  return context.network.join({ id: record.id, metadata, netns, portMappings }, options);
}
