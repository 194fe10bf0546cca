import type { Lease, Node } from '../../model/api/types.ts';
import { readyCondition } from './node-conditions.ts';

interface Heard {
  atMs: number;
  heartbeat: string | undefined;
  renewTime: string | undefined;
}

/**
 * When a sign of life of each node was last seen, by this machine's clock: those of other machines are not compared with it.
 * Time in which nobody looked does not count.
 */
export class Heartbeats {
  readonly #heard = new Map<string, Heard>();
  readonly #periodMs: number;
  #lookedMs: number | undefined;

  /** @param periodMs how often it is looked at least */
  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** Notes what node and lease say now. @returns for how long there has been no sign, in milliseconds */
  silence(node: Node, lease: Lease | undefined, nowMs: number): number {
    this.#skipSleep(nowMs);
    const name = node.metadata?.name ?? '';
    const heartbeat = readyCondition(node)?.lastHeartbeatTime;
    const renewTime = lease?.spec?.renewTime;
    const heard = this.#heard.get(name);
    if (heard === undefined) {
      this.#heard.set(name, { atMs: nowMs, heartbeat, renewTime });
      return 0;
    }
    const isNew = heard.heartbeat !== heartbeat || (renewTime !== undefined && heard.renewTime !== renewTime);
    Object.assign(heard, { heartbeat, renewTime }, isNew ? { atMs: nowMs } : {});
    return nowMs - heard.atMs;
  }

  forget(name: string): void {
    this.#heard.delete(name);
  }

  /** A machine that slept, or was set to another time, has not listened meanwhile. */
  #skipSleep(nowMs: number): void {
    const sinceMs = nowMs - (this.#lookedMs ?? nowMs);
    this.#lookedMs = nowMs;
    if (sinceMs >= 0 && sinceMs <= 2 * this.#periodMs) return;
    for (const heard of this.#heard.values()) heard.atMs += sinceMs;
  }
}
