import type {
  ContainerState,
  ContainerStatus,
  PodSandboxStatus,
  RuntimeEvent,
  SandboxState,
} from '../pod-runtime.ts';

/** All that there is at one moment, by id. */
export interface Snapshot {
  containers: Map<string, { state: ContainerState; sandboxId: string; podUid: string }>;
  sandboxes: Map<string, { state: SandboxState; podUid: string }>;
}

export function snapshotOf(
  containers: readonly ContainerStatus[],
  sandboxes: readonly PodSandboxStatus[],
): Snapshot {
  const uids = new Map(sandboxes.map(({ id, metadata }) => [id, metadata.uid]));
  return {
    containers: new Map(
      containers.map(({ id, state, sandboxId }) => [
        id,
        { state, sandboxId, podUid: uids.get(sandboxId) ?? '' },
      ]),
    ),
    sandboxes: new Map(sandboxes.map(({ id, state, metadata }) => [id, { state, podUid: metadata.uid }])),
  };
}

/** The steps of a container's life, in order: one who slept through some of them is told of each. */
const STEPS = ['CONTAINER_CREATED', 'CONTAINER_STARTED', 'CONTAINER_STOPPED', 'CONTAINER_DELETED'] as const;

/** What has happened between two moments. */
export function diffSnapshots(before: Snapshot, now: Snapshot): RuntimeEvent[] {
  const events: RuntimeEvent[] = [];
  for (const id of new Set([...before.containers.keys(), ...now.containers.keys()])) {
    const old = before.containers.get(id);
    const current = now.containers.get(id);
    const known = current ?? old;
    if (!known) continue;
    const from = old ? stepsTaken(old.state) : 0;
    const to = current ? stepsTaken(current.state) : STEPS.length;
    for (const type of STEPS.slice(from, to)) {
      events.push({ type, id, sandboxId: known.sandboxId, podUid: known.podUid || (old?.podUid ?? '') });
    }
  }
  for (const [id, { state, podUid }] of before.sandboxes) {
    const stopped = now.sandboxes.get(id)?.state !== 'SANDBOX_READY';
    if (state === 'SANDBOX_READY' && stopped)
      events.push({ type: 'SANDBOX_STOPPED', id, sandboxId: id, podUid });
  }
  return events;
}

function stepsTaken(state: ContainerState): number {
  if (state === 'CONTAINER_EXITED') return 3;
  return state === 'CONTAINER_RUNNING' ? 2 : 1;
}
