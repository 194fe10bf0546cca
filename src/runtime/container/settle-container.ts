import { forgetContainer } from '../oci/forget-container.ts';
import { tryLockFile } from '../linux/lock-file.ts';
import { unmountBelow } from './container-rootfs.ts';
import type { ContainerContext, OciRuntimeCommand } from './container-context.ts';
import { containerPaths } from './container-paths.ts';
import { amendRecord, type ContainerRecord, findRecord } from './container-record.ts';
import { type DerivedState, deriveState } from './container-state.ts';
import { observeContainer } from './observe-container.ts';
import { releaseContainer } from './release-container.ts';
import { runOci } from './run-oci.ts';
import { rm } from '../linux/files.ts';

export interface ObservedContainer {
  record: ContainerRecord;
  derived: DerivedState;
}

/**
 * How a container is now. The first to see that it has ended writes that down and gives back what it held; while another
 * process is at work on the container, it is only looked at.
 */
export async function observeAndSettle(
  context: ContainerContext,
  record: ContainerRecord,
  exited?: ReadonlySet<string>,
): Promise<ObservedContainer> {
  const derived = deriveState(record, await observeContainer(context, record, exited));
  if (!needsCare(record, derived)) return { record, derived };
  using lock = tryLockFile(containerPaths(context.paths, record.id).lock, { removeFile: true });
  if (!lock) return { record, derived };
  const current = await findRecord(context.paths.containers, record.id);
  if (!current) return { record, derived };
  return await settle(context, current);
}

/** As `observeAndSettle`; the caller holds the container's lock. */
export async function settle(context: ContainerContext, record: ContainerRecord): Promise<ObservedContainer> {
  let current = record;
  let derived = deriveState(current, await observeContainer(context, current));
  if (derived.state === 'CONTAINER_CREATED' && isHalfStarted(current) && (await finishStart(current))) {
    current = amended(context, current, { startedAt: current.startRequestedAt });
    derived = deriveState(current, await observeContainer(context, current));
  }
  if (derived.state !== 'CONTAINER_EXITED' || current.settled) return { record: current, derived };
  const { startedAt, finishedAt, exitCode, reason, message } = derived;
  current = amended(context, current, { startedAt, finishedAt, exitCode, reason, message });
  await giveBack(context, current);
  current = amended(context, current, { settled: true });
  return { record: current, derived };
}

function amended(
  { paths }: ContainerContext,
  record: ContainerRecord,
  changes: Partial<ContainerRecord>,
): ContainerRecord {
  const after = { ...record, ...changes };
  amendRecord(paths.containers, record, after);
  return after;
}

/** Ends what is left of an ended container (where it had no PID namespace of its own, others may live on) and frees what it held. */
export async function giveBack(context: ContainerContext, record: ContainerRecord): Promise<void> {
  const paths = containerPaths(context.paths, record.id);
  await context.cgroups.kill(record.cgroupPath);
  await forgetContainer(record.runtime, record.id);
  await context.cgroups.remove(record.cgroupPath);
  await unmountBelow(paths.bundle);
  for (const path of [paths.attachSocket, paths.control]) await rm(path, { force: true });
}

function needsCare(record: ContainerRecord, derived: DerivedState): boolean {
  if (derived.state === 'CONTAINER_EXITED') return !record.settled;
  return derived.state === 'CONTAINER_CREATED' && isHalfStarted(record);
}

/** Whoever started it did not live to note that it was done. */
function isHalfStarted(record: ContainerRecord): boolean {
  return record.startRequestedAt > 0 && record.startedAt === 0 && record.startError === undefined;
}

/** The runtime may take what runs for created as long as the pipe is there in which it waited. @returns whether it runs now */
async function finishStart({ runtime, id, init }: ContainerRecord): Promise<boolean> {
  if (await hasStarted(runtime, id)) return true;
  return await releaseContainer(runtime, id, init).then(
    () => true,
    // Told to whoever starts it again.
    () => false,
  );
}

async function hasStarted(runtime: OciRuntimeCommand, id: string): Promise<boolean> {
  const text = await runOci(runtime, ['state', id]).catch(() => '');
  return /"status":\s*"running"/.test(text);
}
