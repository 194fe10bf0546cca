/**
 * Pods that wait for a node. Time is passed in.
 *
 *              add                        pop
 *   (gated) ────────► active ─────────────────────────► (being decided)
 *               ▲       ▲                                   │ nothing fits
 *   gates gone ─┘       │ back-off is over                  ▼
 *                   backing off ◄──── event ────── unschedulable
 *                                                   (5 min at most)
 * @see kubernetes/pkg/scheduler/backend/queue/scheduling_queue.go
 */
import type { ClusterChange, SchedulerPlugin } from '../engine/plugin.ts';
import type { PodInfo } from '../engine/pod/pod-info.ts';
import { PriorityHeap } from './priority-heap.ts';

export interface QueueOptions {
  readonly initialBackoffMs?: number;
  readonly maxBackoffMs?: number;
  /** How long a pod waits for an event before it is tried again anyway. */
  readonly maxUnschedulableMs?: number;
}

export type QueuePlace = 'active' | 'backing-off' | 'unschedulable' | 'gated';

/** When a pod, or the first of a gang's pods, came: pods of a gang stand in line together. */
interface Arrival {
  readonly addedMs: number;
  readonly order: number;
}

interface Entry {
  readonly pod: PodInfo;
  place: QueuePlace | 'taken';
  readonly arrival: Arrival;
  readonly order: number;
  attempts: number;
  /** When the last attempt failed, and which plugins turned nodes away then. */
  failedMs: number;
  rejectedBy: ReadonlySet<string>;
}

export class SchedulingQueue {
  readonly #entries = new Map<string, Entry>();
  /** Who failed first is first. */
  readonly #unschedulable = new Map<string, Entry>();
  readonly #active = new PriorityHeap<Entry>(comesBefore);
  readonly #backingOff: PriorityHeap<Entry>;
  /** Gangs with pods in the queue. */
  readonly #gangs = new Map<string, { readonly arrival: Arrival; waiting: number }>();
  readonly #plugins: ReadonlyMap<string, SchedulerPlugin>;
  readonly #initialBackoffMs: number;
  readonly #maxBackoffMs: number;
  readonly #maxUnschedulableMs: number;
  /** Changes while pods are being decided: an attempt that began before one may not have seen it. */
  #recent: ClusterChange[] = [];
  #taken = 0;
  #order = 0;

  constructor(plugins: Iterable<SchedulerPlugin>, options: QueueOptions = {}) {
    this.#plugins = new Map([...plugins].map((plugin) => [plugin.name, plugin]));
    this.#initialBackoffMs = options.initialBackoffMs ?? 1000;
    this.#maxBackoffMs = options.maxBackoffMs ?? 10_000;
    this.#maxUnschedulableMs = options.maxUnschedulableMs ?? 5 * 60_000;
    this.#backingOff = new PriorityHeap((a, b) => this.#backoffEnd(a) < this.#backoffEnd(b));
  }

  get size(): number {
    return this.#entries.size;
  }

  placeOf(key: string): QueuePlace | undefined {
    const place = this.#entries.get(key)?.place;
    return place === 'taken' ? undefined : place;
  }

  /** Adds a pod, or replaces it after its spec changed; its attempts are forgotten then. */
  add(pod: PodInfo, nowMs: number): void {
    this.remove(pod.key);
    const entry: Entry = {
      pod,
      place: 'gated',
      arrival: this.#arrivalOf(pod, nowMs),
      order: this.#order++,
      attempts: 0,
      failedMs: 0,
      rejectedBy: new Set(),
    };
    this.#entries.set(pod.key, entry);
    if (pod.template.gates.length === 0) this.#activate(entry);
  }

  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    if (entry.place === 'taken') this.#release();
    this.#entries.delete(key);
    this.#unschedulable.delete(key);
    this.#leaveGang(entry.pod);
  }

  /** The most important pod that may be tried now. Say `done` or `failed` of it afterwards. */
  pop(nowMs: number): PodInfo | undefined {
    this.#wakeRested(nowMs);
    for (;;) {
      const entry = this.#active.pop();
      if (entry === undefined) return undefined;
      if (this.#entries.get(entry.pod.key) !== entry || entry.place !== 'active') continue;
      entry.place = 'taken';
      entry.attempts++;
      this.#taken++;
      return entry.pod;
    }
  }

  /** The pod has its node. */
  done(pod: PodInfo): void {
    this.remove(pod.key);
  }

  /** Nothing fits; it waits for a change that one of the plugins waits for. Without plugins, any change does. */
  failed(pod: PodInfo, rejectedBy: Iterable<string>, nowMs: number): void {
    const entry = this.#entries.get(pod.key);
    if (entry === undefined || entry.place !== 'taken') return;
    entry.failedMs = nowMs;
    entry.rejectedBy = new Set(rejectedBy);
    entry.place = 'unschedulable';
    this.#unschedulable.set(pod.key, entry);
    const missed = this.#recent.some((change) => this.#isWorthATry(entry, change));
    this.#release();
    if (missed) this.#rest(entry, nowMs);
  }

  /** Wakes the pods for which the change may have made room. */
  onChange(change: ClusterChange, nowMs: number): void {
    if (this.#taken > 0) this.#recent.push(change);
    for (const entry of this.#unschedulable.values()) {
      if (this.#isWorthATry(entry, change)) this.#rest(entry, nowMs);
    }
  }

  /** When `pop` should be called next though nothing changed; nothing when there is no such time. */
  nextWakeMs(): number | undefined {
    const resting = this.#firstResting();
    const [waiting] = this.#unschedulable.values();
    const next = Math.min(
      resting === undefined ? Number.POSITIVE_INFINITY : this.#backoffEnd(resting),
      waiting === undefined ? Number.POSITIVE_INFINITY : waiting.failedMs + this.#maxUnschedulableMs,
    );
    return Number.isFinite(next) ? next : undefined;
  }

  #arrivalOf({ gang }: PodInfo, nowMs: number): Arrival {
    const own = { addedMs: nowMs, order: this.#order };
    if (gang === undefined) return own;
    const line = this.#gangs.get(gang) ?? { arrival: own, waiting: 0 };
    line.waiting++;
    this.#gangs.set(gang, line);
    return line.arrival;
  }

  #leaveGang({ gang = '' }: PodInfo): void {
    const line = this.#gangs.get(gang);
    if (line === undefined) return;
    line.waiting--;
    if (line.waiting === 0) this.#gangs.delete(gang);
  }

  #isWorthATry(entry: Entry, change: ClusterChange): boolean {
    if (entry.rejectedBy.size === 0) return true;
    for (const name of entry.rejectedBy) {
      const plugin = this.#plugins.get(name);
      if (plugin === undefined) return true;
      if (plugin.events.includes(change.event) && (plugin.wakes?.(entry.pod, change) ?? true)) return true;
    }
    return false;
  }

  #activate(entry: Entry): void {
    entry.place = 'active';
    this.#unschedulable.delete(entry.pod.key);
    this.#active.push(entry);
  }

  /** Into back-off, or active when that is over. */
  #rest(entry: Entry, nowMs: number): void {
    if (this.#backoffEnd(entry) <= nowMs) {
      this.#activate(entry);
      return;
    }
    entry.place = 'backing-off';
    this.#unschedulable.delete(entry.pod.key);
    this.#backingOff.push(entry);
  }

  #wakeRested(nowMs: number): void {
    for (let entry = this.#firstResting(); entry !== undefined; entry = this.#firstResting()) {
      if (this.#backoffEnd(entry) > nowMs) break;
      this.#activate(entry);
    }
    for (const entry of this.#unschedulable.values()) {
      if (nowMs - entry.failedMs < this.#maxUnschedulableMs) break;
      this.#activate(entry);
    }
  }

  /** Forgets those that rest no more. */
  #firstResting(): Entry | undefined {
    for (;;) {
      const entry = this.#backingOff.peek();
      const rests = entry?.place === 'backing-off' && this.#entries.get(entry.pod.key) === entry;
      if (entry === undefined || rests) return entry;
      this.#backingOff.pop();
    }
  }

  #backoffEnd({ attempts, failedMs }: Entry): number {
    const backoff = this.#initialBackoffMs * 2 ** Math.min(attempts - 1, 30);
    return failedMs + Math.min(backoff, this.#maxBackoffMs);
  }

  #release(): void {
    this.#taken--;
    if (this.#taken === 0) this.#recent = [];
  }
}

/** By priority, then by time of the pod or its gang, then as they came. */
function comesBefore(a: Entry, b: Entry): boolean {
  if (a.pod.priority !== b.pod.priority) return a.pod.priority > b.pod.priority;
  if (a.arrival.addedMs !== b.arrival.addedMs) return a.arrival.addedMs < b.arrival.addedMs;
  if (a.arrival.order !== b.arrival.order) return a.arrival.order < b.arrival.order;
  return a.order < b.order;
}
