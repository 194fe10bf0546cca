import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import type { ContainerSandboxes } from '../container/container-context.ts';
import { lockFile } from '../linux/lock-file.ts';
import type { CallOptions, PodSandboxConfig, PodSandboxStatus, SandboxFilter } from '../pod-runtime.ts';
import { collectSandboxes } from './collect-sandboxes.ts';
import { runPodSandbox } from './run-pod-sandbox.ts';
import type { SandboxContext } from './sandbox-context.ts';
import { sandboxPaths } from './sandbox-paths.ts';
import { isReady, madeAs } from './sandbox-record.ts';
import { matchesFilter, sandboxStatus } from './sandbox-status.ts';
import { removePodSandbox, stopPodSandbox } from './stop-pod-sandbox.ts';

/** The sandbox verbs of a PodRuntime. The containers in a sandbox are ended and removed by the caller first. */
export interface Sandboxes extends ContainerSandboxes {
  run(config: PodSandboxConfig, options?: CallOptions): Promise<string>;
  stop(id: string, options?: CallOptions): Promise<void>;
  remove(id: string, options?: CallOptions): Promise<void>;
  /** @throws PeapodError NotFound */
  status(id: string): Promise<PodSandboxStatus>;
  list(filter?: SandboxFilter): Promise<PodSandboxStatus[]>;
  updateResources(
    id: string,
    change: Pick<PodSandboxConfig['linux'], 'overhead' | 'resources'>,
    options?: CallOptions,
  ): Promise<void>;
  /** Takes away what has no owner; to be called at start-up. */
  collect(): Promise<void>;
}

export function openSandboxes(context: SandboxContext): Sandboxes {
  return {
    run: (config, options = {}) => runPodSandbox(context, config, options),
    stop: (id, options = {}) => stopPodSandbox(context, id, options),
    remove: (id, options = {}) => removePodSandbox(context, id, options),
    status: async (id) => sandboxStatus(await context.records.get(id)),
    list: async (filter) =>
      (await context.records.list(filter?.podUid))
        .map(sandboxStatus)
        .filter((status) => matchesFilter(status, filter)),
    updateResources: async (id, change, options = {}) => {
      await using _ = await lockFile(sandboxPaths(context.paths, id).lock, { removeFile: true, ...options });
      const record = await context.records.get(id);
      const linux = { ...record.config.linux, ...change };
      await context.records.save({ ...record, config: { ...record.config, linux } });
    },
    collect: async () => {
      await context.pool.collect();
      await collectSandboxes(context);
      // A spare sandbox that was being taken over has left it only now.
      if (existsSync(join(context.paths.run, 'pool'))) await context.removeEmptyCgroups();
    },
    get: async (id) => {
      const record = await context.records.get(id);
      const ready = isReady(record);
      if (!ready && record.infra === undefined)
        throw new PeapodError('FailedPrecondition', `sandbox "${id}" is not ready`);
      const paths = sandboxPaths(context.paths, madeAs(record));
      const { config } = record;
      return {
        id,
        config,
        ready,
        runtime: record.runtime ?? context.oci.preferred,
        infraPid: record.infra?.pid ?? 0,
        hostname: config.hostname,
        shmPath: config.linux.namespaces.ipc === 'POD' ? paths.shm : undefined,
        resolvConfPath: paths.resolvConf,
        hostnamePath: config.hostname === '' ? undefined : paths.hostname,
      };
    },
  };
}
