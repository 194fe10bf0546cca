import type { ContainerStatus, Pod } from '../model/api/types.ts';
import { isPeapodError, PeapodError } from '../model/errors.ts';
import type { RunningPod, WaitOptions } from './running-pod.ts';
import type { WaitStrategy } from './wait-strategies.ts';

const TIMEOUT_MS = 60_000;
const LOG_LINES = 10;

/** @throws PeapodError TimedOut or FailedPrecondition, with the pod's state and the last lines of its logs; the signal's reason */
export async function waitUntil(
  pod: RunningPod,
  strategy: WaitStrategy,
  { timeoutMs = TIMEOUT_MS, signal }: WaitOptions,
): Promise<void> {
  const time = new AbortController();
  const timer = setTimeout(() => time.abort(), timeoutMs);
  try {
    await strategy.wait(pod, AbortSignal.any([time.signal, ...(signal === undefined ? [] : [signal])]));
  } catch (error) {
    signal?.throwIfAborted();
    const late = time.signal.aborted;
    if (!late && !isPeapodError(error)) throw error;
    const why = late ? ` after ${timeoutMs} ms` : `: ${(error as Error).message}`;
    const message = `pod "${pod.name}" is not ${strategy.what}${why}${await stateOf(pod)}`;
    throw new PeapodError(late ? 'TimedOut' : 'FailedPrecondition', message, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** What a reader of a failed test wants to know next. */
async function stateOf(pod: RunningPod): Promise<string> {
  const state = await pod.get().catch(() => undefined);
  if (state === undefined) return '';
  const parts = [`\nphase: ${state.status?.phase ?? 'unknown'}`];
  for (const status of statusesOf(state)) {
    parts.push(`container ${status.name}: ${wordsOf(status)}`);
    parts.push(...(await lastLines(pod, status.name)).map((line) => `  | ${line}`));
  }
  const warnings = (await pod.events().catch(() => [])).filter(({ type }) => type === 'Warning').slice(-3);
  parts.push(...warnings.map(({ reason, message }) => `event ${reason}: ${message}`));
  return parts.join('\n');
}

function statusesOf({ status }: Pod): ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

function wordsOf({ state, ready }: ContainerStatus): string {
  if (state?.running !== undefined) return ready ? 'running, ready' : 'running, not ready';
  const { terminated, waiting } = state ?? {};
  if (terminated !== undefined) return `${terminated.reason ?? 'ended'}, exit code ${terminated.exitCode}`;
  return [waiting?.reason ?? 'waiting', ...(waiting?.message === undefined ? [] : [waiting.message])].join(
    ': ',
  );
}

async function lastLines(pod: RunningPod, container: string): Promise<string[]> {
  try {
    return await Array.fromAsync(pod.logs({ container, tailLines: LOG_LINES }));
  } catch {
    return [];
  }
}
