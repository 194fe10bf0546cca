import { setTimeout as delay } from 'node:timers/promises';
import { externalStep } from './external-step.ts';
import { isAlive } from './proc.ts';

/**
 * Sends a signal to this very process: one that has its PID and another start time is left alone.
 * @returns false when it is gone
 */
export function killProcess(pid: number, startTime: number, signal: NodeJS.Signals | number): boolean {
  if (!isAlive(pid, startTime)) return false;
  try {
    sendSignal(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * Sends a signal to whatever process, or group (negative), has this number now.
 * @throws ErrnoException ESRCH, EPERM
 */
export function sendSignal(pid: number, signal: NodeJS.Signals | number): void {
  externalStep('kill', `${pid < 0 ? 'group ' : ''}${signal}`, () => process.kill(pid, signal));
}

/**
 * Waits until this very process is gone.
 * @returns false when it is still there after `timeoutMs`
 * @throws the signal's reason when it is aborted
 */
export async function waitForExit(
  pid: number,
  startTime: number,
  timeoutMs: number,
  options: { signal?: AbortSignal } = {},
): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  for (let waitMs = 1; isAlive(pid, startTime); waitMs = Math.min(waitMs * 2, 50)) {
    options.signal?.throwIfAborted();
    const left = end - performance.now();
    if (left <= 0) return false;
    await delay(Math.min(waitMs, left));
  }
  return true;
}
