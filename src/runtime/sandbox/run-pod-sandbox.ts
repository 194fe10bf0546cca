/** From a configuration to a pod's namespaces, held by the infra container, with the network in them. */
import { cgroupPlace } from '../cgroup/cgroup-place.ts';
import { lockFile } from '../linux/lock-file.ts';
import { bootId } from '../linux/proc.ts';
import { traced } from '../linux/trace.ts';
import { ociRuntimeFor } from '../oci/runtime-handlers.ts';
import type { CallOptions, PodSandboxConfig } from '../pod-runtime.ts';
import { startInfra } from './infra/start-infra.ts';
import type { SandboxContext } from './sandbox-context.ts';
import { makeSandboxFiles } from './sandbox-files.ts';
import { saveWithIds } from './save-with-ids.ts';
import { sandboxPaths } from './sandbox-paths.ts';
import { identifyProcess, isReady, type SandboxRecord, sandboxId } from './sandbox-record.ts';
import { takeOver } from './pool/take-over.ts';
import { unmakeSandbox } from './unmake-sandbox.ts';

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
    const held = holdNamespaces(context, record, options);
    const joined =
      config.linux.namespaces.network === 'POD' ? joinNetwork(context, record, held, options) : [];
    // Also when one fails: what the other makes has to be there before it is taken back.
    await Promise.allSettled([held, joined]);
    await held;
    record.ips = await joined;
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

async function holdNamespaces(
  context: SandboxContext,
  record: SandboxRecord,
  options: CallOptions,
): Promise<void> {
  record.infra = await traced('start infra container', () => startInfra(context, record, options));
  await context.records.save(record);
}

/** @param held the namespaces are there */
function joinNetwork(
  context: SandboxContext,
  record: SandboxRecord,
  held: Promise<void>,
  options: CallOptions,
): Promise<string[]> {
  const { metadata, portMappings } = record.config;
  const netns = async () => {
    await held;
    return `/proc/${record.infra?.pid}/ns/net`;
  };
  return traced('join network', () =>
    context.network.join({ id: record.id, metadata, netns, portMappings }, options),
  );
}
