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
import { nextBeat } from '../model/nearest-beat.ts';

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

const LEASE_MS = 30_000;
const RENEW_DEADLINE_MS = 20_000;
/** Each renewal is a durable write, which a server that is idle should have few of; some more fit in before the deadline. */
const RENEW_MS = 10_000;
/** After one that failed, and for those who wait. */
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
  let isRenewed = true;
  while (!over.aborted) {
    const now = clock.now();
    const nextMs = isRenewed ? nextBeat(now, RENEW_MS) : now + RETRY_MS;
    await rest(election, nextMs - now, over);
    if (over.aborted) break;
    isRenewed = await claimant.hold(over);
    if (isRenewed) renewedMs = clock.now();
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
  /** As it was written last, while it is held: whoever has changed it since makes the next write fail. */
  #held: Lease | undefined;

  constructor(election: LeaderElection) {
    this.#election = election;
  }

  /** Takes the lease, or renews it. @returns whether it is held */
  async hold(signal: AbortSignal): Promise<boolean> {
    const { client, lease, onError } = this.#election;
    const held = this.#held;
    this.#held = undefined;
    try {
      const present = held ?? (await client.find(LEASES, lease.namespace, lease.name, { signal }));
      if (present === undefined)
        this.#held = await client.create(LEASES, { metadata: { ...lease }, spec: this.#spec(undefined) });
      else if (held !== undefined || this.#mayTake(present))
        this.#held = await client.update(LEASES, { ...present, spec: this.#spec(present.spec) });
      return this.#held !== undefined;
    } catch (error) {
      if (held !== undefined && isOutdated(error)) return await this.hold(signal);
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
    if (version !== this.#seen) [this.#seen, this.#seenMs] = [version, clock.now()];
    if (holderIdentity === '' || holderIdentity === identity) return true;
    return clock.now() - this.#seenMs >= leaseDurationSeconds * 1000;
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

/** What is remembered is not what there is any more. */
function isOutdated(error: unknown): boolean {
  return isPeapodError(error, 'Conflict') || isPeapodError(error, 'NotFound');
}
