import type { Clock } from '../model/clock.ts';

/** Unanswered pings in a row after which a peer that must have seen them is dead. */
const MISSES = 2;

export interface HeartbeatPeer {
  ping(id: number): void;
  /** Whether we read nothing now, so that an answer cannot arrive. */
  isPaused(): boolean;
  /** Tells the peer that we live though we cannot answer its pings now; absent where the protocol has no such thing. */
  assure?(): void;
  terminate(): void;
}

/**
 * Keeps a connection warm and notices when the peer behind it is dead. A peer that has yet to consume output may be unable to answer
 * (`kubectl exec … | less`), so silence counts only where nothing was sent since its last answer; for the rest TCP has to notice.
 */
export class Heartbeat {
  readonly #peer: HeartbeatPeer;
  readonly #stop = new AbortController();
  #id = 0;
  #answered = true;
  #misses = 0;
  #sent = 0;
  #sentAtPing = 0;
  #consumed = 0;

  constructor(peer: HeartbeatPeer, clock: Clock, intervalMs: number) {
    this.#peer = peer;
    void this.#beat(clock, intervalMs);
  }

  /** To be called for all that is sent but the pings. */
  sent(): void {
    this.#sent += 1;
  }

  /** To be called for every answer to a ping. */
  answered(id: number): void {
    this.#answered = true;
    this.#misses = 0;
    if (id === this.#id) this.#consumed = this.#sentAtPing;
  }

  stop(): void {
    this.#stop.abort();
  }

  async #beat(clock: Clock, intervalMs: number): Promise<void> {
    const { signal } = this.#stop;
    try {
      for (;;) {
        await clock.sleep(intervalMs, { signal });
        if (this.#isMissing() && ++this.#misses >= MISSES) {
          this.#peer.terminate();
          return;
        }
        if (this.#peer.isPaused()) this.#peer.assure?.();
        this.#answered = false;
        this.#sentAtPing = this.#sent;
        this.#peer.ping(++this.#id);
      }
    } catch {
      // Stopped.
    }
  }

  #isMissing(): boolean {
    return !this.#answered && this.#consumed === this.#sent && !this.#peer.isPaused();
  }
}
