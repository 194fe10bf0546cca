import type { Backoff } from '../../model/status/backoff.ts';

/** What the worker can do for a pod. Each has an executor in `actions/`. */
export type Action =
  | { type: 'ensure-cgroup' }
  | { type: 'set-up-volumes' }
  | RunSandbox
  | { type: 'remove-sandbox'; sandboxId: string }
  | { type: 'resolve-image'; container: string }
  | StartContainer
  | RunPreStop
  | StopContainer
  | { type: 'remove-container'; containerId: string; logPath: string }
  | ResizeContainer
  | { type: 'tear-down' }
  | { type: 'remove-pod' };

export interface RunSandbox {
  type: 'run-sandbox';
  attempt: number;
  /** Earlier ones, which give back what they still hold first. */
  replaces: readonly string[];
}

export interface StartContainer {
  type: 'start-container';
  container: string;
  sandboxId: string;
  attempt: number;
  /** What the container's record shall say of the wait before its next restart. */
  backoff: Backoff | undefined;
}

export interface ContainerEnding {
  container: string;
  containerId: string;
  /** For the `Killing` event. */
  message: string;
  /** When the grace period is over, milliseconds since the epoch. */
  killAt: number;
}

export interface RunPreStop extends ContainerEnding {
  type: 'run-pre-stop';
}

export interface StopContainer extends ContainerEnding {
  type: 'stop-container';
  /** 0 kills at once. */
  timeoutMs: number;
}

export interface ResizeContainer {
  type: 'resize-container';
  container: string;
  containerId: string;
}

/** Actions with the same key never run at the same time. */
export function actionKey(action: Action): string {
  switch (action.type) {
    case 'ensure-cgroup':
      return 'cgroup';
    case 'set-up-volumes':
      return 'volumes';
    case 'run-sandbox':
      return 'sandbox';
    case 'remove-sandbox':
      return `sandbox/${action.sandboxId}`;
    case 'resolve-image':
      return imageKey(action.container);
    case 'start-container':
    case 'run-pre-stop':
    case 'stop-container':
    case 'resize-container':
      return containerKey(action.container);
    case 'remove-container':
      return `dead/${action.containerId}`;
    case 'tear-down':
    case 'remove-pod':
      return 'pod';
  }
}

export function containerKey(name: string): string {
  return `container/${name}`;
}

export function imageKey(container: string): string {
  return `image/${container}`;
}
