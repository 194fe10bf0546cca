import { cgroupPlace } from '../cgroup/cgroup-place.ts';
import { forgetContainer } from '../oci/forget-container.ts';
import { killProcess, waitForExit } from '../linux/kill.ts';
import { endUnfinished } from '../linux/end-unfinished.ts';
import { findPrograms } from '../linux/find-programs.ts';
import { bootId } from '../linux/proc.ts';
import { endUnrecorded } from './infra/start-by-calls.ts';
import type { SandboxContext } from './sandbox-context.ts';
import { removeSandboxFiles } from './sandbox-files.ts';
import { sandboxPaths } from './sandbox-paths.ts';
import { isRunning, madeAs, type SandboxRecord } from './sandbox-record.ts';

const KILL_TIMEOUT_MS = 10_000;

/** Gives back everything that a sandbox holds but its record; what is gone already is fine. Its containers have to be gone. */
export async function unmakeSandbox(context: SandboxContext, record: SandboxRecord): Promise<void> {
  const id = madeAs(record);
  const runtime = record.runtime ?? context.oci.preferred;
  if (record.infra === undefined && record.bootId === bootId()) {
    await endUnrecorded(id);
    await endUnfinished(() => findPrograms(runtime.path, id));
  }
  const running = isRunning(record.infra, record.bootId);
  // The plugins take the interface out of the namespace while it is there: afterwards nobody has to look for the host's end of it.
  await context.network.leave(
    id,
    running ? `/proc/${record.infra?.pid}/ns/net` : '',
    record.config.portMappings,
  );
  if (record.infra !== undefined && running) {
    killProcess(record.infra.pid, record.infra.startTime, 'SIGKILL');
    await waitForExit(record.infra.pid, record.infra.startTime, KILL_TIMEOUT_MS);
  }
  if (record.bootId === bootId()) await forgetContainer(runtime, id);
  const { cgroupParent } = record.config.linux;
  await context.removeCgroup(
    record.ownsCgroup ? cgroupParent : cgroupPlace(cgroupParent, id, context.systemd).path,
  );
  if (record.madeAs !== undefined) await context.removeCgroup(`${context.poolCgroup}/${record.madeAs}`);
  await removeSandboxFiles(sandboxPaths(context.paths, id));
}
