/**
 * How long to wait before a container that ends is started again.
 * @see kubernetes/staging/src/k8s.io/client-go/util/flowcontrol/backoff.go
 */

/** Times from files are not exactly this clock's. */
const SKEW_MS = 1000;

export interface BackoffPolicy {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** For containers that crash, and for images that cannot be pulled. */
export const RESTART_BACKOFF: BackoffPolicy = { initialMs: 10_000, maxMs: 300_000 };

/** What is remembered of one container: how long its next wait is, and when it was last started again. */
export interface Backoff {
  readonly delayMs: number;
  readonly updatedAt: number;
}

/**
 * How much longer to wait; 0 when it may start now. The first restart does not wait.
 * All times are milliseconds since the epoch.
 * @param endedAt when the container ended, or the pull failed
 */
export function backoffRemainingMs(
  backoff: Backoff | undefined,
  endedAt: number,
  now: number,
  policy: BackoffPolicy = RESTART_BACKOFF,
): number {
  if (backoff === undefined || isForgotten(backoff, endedAt, policy)) return 0;
  // By a clock that was set back it would wait until that time comes again.
  if (endedAt - now > SKEW_MS) return 0;
  return Math.max(backoff.delayMs - (now - endedAt), 0);
}

/** What to remember when it is started again now: the wait doubles, up to the most. */
export function nextBackoff(
  backoff: Backoff | undefined,
  endedAt: number,
  now: number,
  policy: BackoffPolicy = RESTART_BACKOFF,
): Backoff {
  if (backoff === undefined || isForgotten(backoff, endedAt, policy)) {
    return { delayMs: policy.initialMs, updatedAt: now };
  }
  return { delayMs: Math.min(backoff.delayMs * 2, policy.maxMs), updatedAt: now };
}

/** A container that ran for twice the longest wait (10 minutes) begins anew. */
function isForgotten(backoff: Backoff, endedAt: number, policy: BackoffPolicy): boolean {
  return endedAt - backoff.updatedAt > policy.maxMs * 2;
}

/** `back-off 1m20s restarting failed container=main pod=web_default(uid)`, as the kubelet writes it. */
export function crashLoopMessage(
  backoff: Backoff,
  container: string,
  pod: { name: string; namespace: string; uid: string },
): string {
  const wait = goDuration(backoff.delayMs);
  return `back-off ${wait} restarting failed container=${container} pod=${pod.name}_${pod.namespace}(${pod.uid})`;
}

/** `1m20s`, `5m0s`, `10s`: whole seconds as Go prints them. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const parts = [hours > 0 ? `${hours}h` : '', seconds >= 60 ? `${minutes}m` : '', `${seconds % 60}s`];
  return parts.join('');
}
