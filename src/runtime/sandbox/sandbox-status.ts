import { parentPath } from '../cgroup/cgroup-place.ts';
import type { PodSandboxStatus, SandboxFilter } from '../pod-runtime.ts';
import { isRunning, type SandboxRecord } from './sandbox-record.ts';

const made = new WeakMap<SandboxRecord, { running: boolean; status: PodSandboxStatus }>();

/** The same object as before while nothing has changed, so that what was made of it can be used again. */
export function sandboxStatus(record: SandboxRecord): PodSandboxStatus {
  const running = isRunning(record.infra, record.bootId);
  const before = made.get(record);
  if (before?.running === running) return before.status;
  const status = Object.freeze(newStatus(record, running));
  made.set(record, { running, status });
  return status;
}

function newStatus(record: SandboxRecord, running: boolean): PodSandboxStatus {
  const { id, config, createdAt, stoppedAt, ips, infra } = record;
  return {
    id,
    metadata: config.metadata,
    state: running && createdAt > 0 && stoppedAt === 0 ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
    createdAt,
    ips,
    pid: running ? (infra?.pid ?? 0) : 0,
    labels: config.labels,
    annotations: config.annotations,
    namespaces: config.linux.namespaces,
    cgroupParent: parentPath(config.linux.cgroupParent),
    runtimeHandler: config.runtimeHandler ?? '',
    privileged: config.linux.securityContext.privileged === true,
  };
}

export function matchesFilter(status: PodSandboxStatus, filter: SandboxFilter = {}): boolean {
  const { id, podUid, state, labels = {} } = filter;
  return (
    (id === undefined || status.id === id) &&
    (podUid === undefined || status.metadata.uid === podUid) &&
    (state === undefined || status.state === state) &&
    Object.entries(labels).every(([key, value]) => status.labels[key] === value)
  );
}
