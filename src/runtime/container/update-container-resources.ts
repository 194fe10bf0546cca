import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { lockFile } from '../linux/lock-file.ts';
import type { CallOptions, LinuxContainerResources } from '../pod-runtime.ts';
import type { ContainerContext } from './container-context.ts';
import { containerPaths } from './container-paths.ts';
import { amendRecord, type ContainerRecord, loadRecord } from './container-record.ts';
import { runOci } from './run-oci.ts';
import { settle } from './settle-container.ts';
import { permittedOomScore } from './spec/oom-score.ts';
import { ociResources } from './spec/resources.ts';
import { writeFile } from '../linux/files.ts';

/**
 * Changes the limits of a created or running container; what the request does not name stays.
 * @throws PeapodError NotFound; FailedPrecondition when it has ended; RunContainerError when the kernel refuses a limit, e.g. less memory than is in use
 */
export async function updateContainerResources(
  context: ContainerContext,
  id: string,
  resources: LinuxContainerResources,
  options: CallOptions = {},
): Promise<void> {
  const paths = containerPaths(context.paths, id);
  await loadRecord(context.paths.containers, id);
  await using _lock = await lockFile(paths.lock, {
    ...options,
    removeFile: true,
  });
  const { record, derived } = await settle(context, await loadRecord(context.paths.containers, id));
  if (derived.state === 'CONTAINER_EXITED') {
    throw new PeapodError(
      'FailedPrecondition',
      `cannot update container "${record.config.metadata.name}": it has ended`,
    );
  }
  refuseHugepages(record.resources, resources);
  // A file, not standard input: crun opens that by name, which a socket does not allow.
  const file = join(paths.bundle, 'update.json');
  await writeFile(
    file,
    JSON.stringify(ociResources(withMemory(record.resources, resources), context.host.cgroupMode)),
    { mode: 0o600 },
  );
  await runOci(record.runtime, ['update', '--resources', file, id], options);
  await changeOomScore(context, record, resources.oomScoreAdj);
  amendRecord(context.paths.containers, record, {
    ...record,
    resources: { ...record.resources, ...resources },
  });
}

/** The limits of memory and of swap belong together: whoever changes one keeps the other. */
function withMemory(
  { memoryLimitBytes, memorySwapLimitBytes }: LinuxContainerResources,
  change: LinuxContainerResources,
): LinuxContainerResources {
  if (change.memorySwapLimitBytes !== undefined && memoryLimitBytes !== undefined)
    return { memoryLimitBytes, ...change };
  if (change.memoryLimitBytes === undefined || memorySwapLimitBytes === undefined) return change;
  const swap = Math.max(memorySwapLimitBytes, change.memoryLimitBytes);
  return { memorySwapLimitBytes: memorySwapLimitBytes < 0 ? memorySwapLimitBytes : swap, ...change };
}

/** The OCI runtimes change none of a container that is made. */
function refuseHugepages(
  now: LinuxContainerResources,
  { hugepageLimits = [] }: LinuxContainerResources,
): void {
  for (const { pageSize, limitBytes } of hugepageLimits) {
    const known = now.hugepageLimits?.find((each) => each.pageSize === pageSize);
    if (known?.limitBytes !== limitBytes)
      throw new PeapodError(
        'Unsupported',
        `linux.hugepage_limits: not supported: the limit of ${pageSize} pages cannot be changed`,
      );
  }
}

/** Of all processes that have the container's: those that chose another keep it. */
async function changeOomScore(
  context: ContainerContext,
  record: ContainerRecord,
  wanted: number | undefined,
): Promise<void> {
  const { oomScoreAdj: own, capabilities } = context.host;
  const permitted = (score: number | undefined) =>
    permittedOomScore(score, { oomScoreAdj: own, maySetAny: capabilities.has('CAP_SYS_RESOURCE') });
  const [before = own, after] = [permitted(record.resources.oomScoreAdj), permitted(wanted)];
  if (after === undefined || after === before) return;
  for (const pid of await context.cgroups.processes(record.cgroupPath)) {
    const file = `/proc/${pid}/oom_score_adj`;
    const now = await readFile(file, 'utf8').catch(() => '');
    // Gone in between: with its score.
    if (Number.parseInt(now, 10) === before) await writeFile(file, String(after)).catch(() => {});
  }
}
