/**
 * One of many does the work: whoever holds the lease.
 *
 *     waiting ──the lease is free, or has run out──► leading ──could not be renewed in time──► waiting
 *                                                       └──told to stop──► lets the lease go
 *
 * @see kubernetes/staging/src/k8s.io/client-go/tools/leaderelection/leaderelection.go
 */
import type { ApiClient } from '../client/api-client.ts';
import { LEASES } from '../client/resource-types.ts';
import type { Lease, LeaseSpec } from '../model/api/types.ts';
import type { Clock } from '../model/clock.ts';
import { isPeapodError } from '../model/errors.ts';

export interface LeaderElection {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** No two that live at the same time have the same; one that comes back under its own goes on at once. */
  readonly identity: string;
  /** Told of each failure; it is tried again. */
  readonly onError: (error: unknown) => void;
}

const LEASE_MS = 15_000;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2000;
const JITTER = 1.2;

/**
 * Does the work whenever, and only while, the lease is held, until the signal aborts. The work's own signal aborts before the
 * lease runs out, and the lease is let go when the work has ended.
 */
export async function runAsLeader(
  election: LeaderElection,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const claimant = new Claimant(election);
  while (!signal.aborted) {
    if (await claimant.hold(signal)) await lead(election, claimant, work, signal);
    else await rest(election, RETRY_MS * (1 + election.random() * JITTER), signal);
  }
}

async function lead(
  election: LeaderElection,
  claimant: Claimant,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = election;
  const stop = new AbortController();
  const working = work(AbortSignal.any([signal, stop.signal])).finally(() => stop.abort());
  const over = AbortSignal.any([signal, stop.signal]);
  let renewedMs = clock.now();
  while (!over.aborted) {
    await rest(election, RETRY_MS, over);
    if (over.aborted) break;
    if (await claimant.hold(over)) renewedMs = clock.now();
    else if (clock.now() - renewedMs >= RENEW_DEADLINE_MS) stop.abort();
  }
  try {
    await working;
  } finally {
    await claimant.letGo();
  }
}

async function rest({ clock }: LeaderElection, ms: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(ms, { signal }).catch(() => {});
}

class Claimant {
  readonly #election: LeaderElection;
  #seen = '';
  #seenMs = 0;

  constructor(election: LeaderElection) {
    this.#election = election;
  }

  /** Takes the lease, or renews it. @returns whether it is held */
  async hold(signal: AbortSignal): Promise<boolean> {
    const { client, clock, lease, onError } = this.#election;
    try {
      const present = await client.find(LEASES, lease.namespace, lease.name, { signal });
      if (present === undefined) {
        await client.create(LEASES, { metadata: { ...lease }, spec: this.#spec(undefined) });
        return true;
      }
      if (!this.#mayTake(present)) return false;
      this.#note(await client.update(LEASES, { ...present, spec: this.#spec(present.spec) }), clock.now());
      return true;
    } catch (error) {
      // Another was faster.
      if (!signal.aborted && !isPeapodError(error, 'Conflict') && !isPeapodError(error, 'AlreadyExists'))
        onError(error);
      return false;
    }
  }

  /** Others need not wait until it has run out. */
  async letGo(): Promise<void> {
    const { client, lease, identity, onError } = this.#election;
    try {
      const present = await client.find(LEASES, lease.namespace, lease.name);
      if (present?.spec?.holderIdentity !== identity) return;
      const spec = { ...present.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: this.#now() };
      await client.update(LEASES, { ...present, spec });
    } catch (error) {
      if (!isPeapodError(error, 'Conflict')) onError(error);
    }
  }

  /** A lease has run out when it has not changed for its time by this machine's clock; the holder's is not trusted. */
  #mayTake(present: Lease): boolean {
    const { clock, identity } = this.#election;
    const { holderIdentity = '', leaseDurationSeconds = LEASE_MS / 1000 } = present.spec ?? {};
    const version = present.metadata?.resourceVersion ?? '';
    if (version !== this.#seen) this.#note(present, clock.now());
    if (holderIdentity === '' || holderIdentity === identity) return true;
    return clock.now() - this.#seenMs >= leaseDurationSeconds * 1000;
  }

  #note({ metadata }: Lease, nowMs: number): void {
    this.#seen = metadata?.resourceVersion ?? '';
    this.#seenMs = nowMs;
  }

  #spec(before: LeaseSpec | undefined): LeaseSpec {
    const { identity } = this.#election;
    const isHeld = before?.holderIdentity === identity;
    const now = this.#now();
    return {
      holderIdentity: identity,
      leaseDurationSeconds: LEASE_MS / 1000,
      acquireTime: (isHeld ? before.acquireTime : undefined) ?? now,
      renewTime: now,
      leaseTransitions: (before?.leaseTransitions ?? 0) + (before === undefined || isHeld ? 0 : 1),
    };
  }

  #now(): string {
    return new Date(this.#election.clock.now()).toISOString().replace('Z', '000Z');
  }
}
