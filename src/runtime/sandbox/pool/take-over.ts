import { PeapodError } from '../../../model/errors.ts';
import { setHostname } from '../../linux/set-hostname.ts';
import { cgroupPlace } from '../../cgroup/cgroup-place.ts';
import type { CallOptions } from '../../pod-runtime.ts';
import type { SandboxContext } from '../sandbox-context.ts';
import { writeSandboxFiles } from '../sandbox-files.ts';
import { sandboxPaths } from '../sandbox-paths.ts';
import { isRunning, type SandboxRecord } from '../sandbox-record.ts';
import { unmakeSandbox } from '../unmake-sandbox.ts';

/**
 * Makes a sandbox of the pool a pod's: it gets the pod's cgroup, name, files and host ports. It belongs to the pod before any of that
 * is done, and goes with it when something fails.
 * @returns the pod's sandbox's id; nothing when the spare one died meanwhile, and all is undone
 * @throws PeapodError HostPortTaken, NetworkError, Unavailable
 */
export async function takeOver(
  context: SandboxContext,
  { id, ...wanted }: SandboxRecord,
  spare: SandboxRecord,
  options: CallOptions,
): Promise<string | undefined> {
  const { infra, ips, runtime } = spare;
  const record: SandboxRecord = {
    ...wanted,
    id,
    madeAs: spare.id,
    infra,
    ips,
    ...(runtime === undefined ? {} : { runtime }),
  };
  try {
    await context.records.save(record);
    await context.pool.forget(spare.id);
  } catch (error) {
    // Nothing of the pod is in it yet: it goes as the spare one that it was.
    try {
      await context.records.remove(id);
    } finally {
      await context.pool.discard(spare);
    }
    throw error;
  }
  const { config } = record;
  const pid = infra?.pid ?? 0;
  const { path } = cgroupPlace(config.linux.cgroupParent, spare.id, context.systemd);
  const steps = [
    writeSandboxFiles(sandboxPaths(context.paths, spare.id), config),
    context.enterCgroup(path, pid).then(() => context.removeCgroup(`${context.poolCgroup}/${spare.id}`)),
    giveHostname(pid, config.hostname),
    context.network.adopt({ id: spare.id, metadata: config.metadata, portMappings: config.portMappings }),
  ];
  try {
    // All of them: what one that goes on makes has to be there before it is taken back.
    await Promise.allSettled(steps);
    await Promise.all(steps);
    options.signal?.throwIfAborted();
    if (!isRunning(infra, spare.bootId))
      throw new PeapodError('Unavailable', 'the infra container has ended', { retryable: true });
    await context.records.save({ ...record, createdAt: context.clock.now() });
    return id;
  } catch (error) {
    const hasDied = !isRunning(infra, spare.bootId);
    await unmakeSandbox(context, record);
    await context.records.remove(id);
    if (hasDied && options.signal?.aborted !== true) return undefined;
    throw error;
  }
}

/** What it throws is one of the steps' failures. */
async function giveHostname(pid: number, hostname: string): Promise<void> {
  setHostname(pid, hostname);
}
