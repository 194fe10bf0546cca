import type { ContainerState } from '../pod-runtime.ts';
import type { ContainerRecord } from './container-record.ts';

/** What the kernel and conmon tell about a container now. */
export interface ContainerFacts {
  /** conmon, or the first process without it. */
  alive: boolean;
  /** From conmon's exit file. */
  exit: { code: number; at: number } | undefined;
  oomKilled: boolean;
  now: number;
}

export interface DerivedState {
  state: ContainerState;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  reason: string;
  message: string;
}

/** What the kubelet says of a container whose end nobody saw. */
const UNKNOWN_EXIT_CODE = 137;

/**
 * A container's state, from its record and the facts:
 *
 * ```
 *   being made ──createdAt──▶ CREATED ──startedAt──▶ RUNNING ──exit file──────▶ EXITED (Completed, Error, OOMKilled)
 *                               │ │                     └──both processes gone──▶ EXITED (ContainerStatusUnknown)
 *                               │ └──killed before it started──────────────────▶ EXITED
 *                               └──the runtime refuses──────────────────────────▶ EXITED (StartError, 128)
 * ```
 *
 * As long as conmon lives, the container counts as running: its last output and its exit code are still to come.
 */
export function deriveState(record: ContainerRecord, facts: ContainerFacts): DerivedState {
  const base = { startedAt: record.startedAt, finishedAt: 0, exitCode: 0, reason: '', message: '' };
  if (record.finishedAt > 0) {
    const { finishedAt, exitCode, reason, message } = record;
    return { ...base, state: 'CONTAINER_EXITED', finishedAt, exitCode, reason, message };
  }
  if (record.createdAt === 0) return { ...base, state: 'CONTAINER_UNKNOWN' };
  if (record.startError !== undefined) return { ...base, state: 'CONTAINER_CREATED' };
  const startedAt = record.startedAt || record.startRequestedAt;
  if (facts.exit) {
    const { code, at } = facts.exit;
    return {
      state: 'CONTAINER_EXITED',
      startedAt,
      finishedAt: at,
      exitCode: code,
      reason: facts.oomKilled ? 'OOMKilled' : code === 0 ? 'Completed' : 'Error',
      message: '',
    };
  }
  if (facts.alive) {
    return { ...base, state: record.startedAt > 0 ? 'CONTAINER_RUNNING' : 'CONTAINER_CREATED' };
  }
  return {
    state: 'CONTAINER_EXITED',
    startedAt,
    finishedAt: facts.now,
    exitCode: UNKNOWN_EXIT_CODE,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
  };
}
