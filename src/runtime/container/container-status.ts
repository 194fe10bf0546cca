import type { ContainerFilter, ContainerStatus } from '../pod-runtime.ts';
import type { ContainerContext } from './container-context.ts';
import {
  type ContainerRecord,
  findRecord,
  listContainerIds,
  loadRecord,
  recallRecord,
} from './container-record.ts';
import type { DerivedState } from './container-state.ts';
import { exitedContainers } from './observe-container.ts';
import { observeAndSettle } from './settle-container.ts';

/** @throws PeapodError NotFound */
export async function containerStatus(context: ContainerContext, id: string): Promise<ContainerStatus> {
  const { record, derived } = await observeAndSettle(context, await loadRecord(context.paths.containers, id));
  return toStatus(record, derived);
}

/** All containers that have been made and not yet removed, the oldest first. */
export async function listContainers(
  context: ContainerContext,
  filter: ContainerFilter = {},
): Promise<ContainerStatus[]> {
  const ids = filter.id === undefined ? await listContainerIds(context.paths.containers) : [filter.id];
  const exited = exitedContainers(context);
  const wanted = ids.filter((id) => {
    const known = recallRecord(context.paths.containers, id);
    return known === undefined || recordMatches(known, filter);
  });
  const found = await Promise.all(
    wanted.map(async (id) => {
      const record = await findRecord(context.paths.containers, id);
      if (!record || record.createdAt === 0 || !recordMatches(record, filter)) return undefined;
      const observed = await observeAndSettle(context, record, exited);
      return toStatus(observed.record, observed.derived);
    }),
  );
  return found
    .filter((status) => status !== undefined)
    .filter((status) => filter.state === undefined || status.state === filter.state)
    .sort((a, b) => a.createdAt - b.createdAt);
}

function recordMatches(record: ContainerRecord, filter: ContainerFilter): boolean {
  if (filter.sandboxId !== undefined && record.sandboxId !== filter.sandboxId) return false;
  return Object.entries(filter.labels ?? {}).every(([key, value]) => record.config.labels[key] === value);
}

const made = new WeakMap<ContainerRecord, ContainerStatus>();

/** The same object as before while nothing has changed, so that what was made of it can be used again. */
function toStatus(record: ContainerRecord, derived: DerivedState): ContainerStatus {
  const before = made.get(record);
  if (before?.state === derived.state && before.finishedAt === derived.finishedAt) return before;
  const status = Object.freeze(newStatus(record, derived));
  made.set(record, status);
  return status;
}

function newStatus(record: ContainerRecord, derived: DerivedState): ContainerStatus {
  const { config } = record;
  const lives = derived.state === 'CONTAINER_RUNNING' || derived.state === 'CONTAINER_CREATED';
  return {
    id: record.id,
    sandboxId: record.sandboxId,
    metadata: config.metadata,
    ...derived,
    createdAt: record.createdAt,
    image: config.image,
    userImage: config.userImage,
    imageRef: record.imageRef,
    labels: config.labels,
    annotations: config.annotations,
    mounts: config.mounts,
    logPath: record.logPath,
    pid: lives ? (record.init?.pid ?? 0) : 0,
    resources: record.resources,
    user: record.user,
    stopSignal: record.stopSignal,
  };
}
