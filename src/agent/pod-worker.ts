import { isDeepStrictEqual } from 'node:util';
import type { Node, Pod, PodStatus } from '../model/api/types.ts';
import { perform } from './actions/perform.ts';
import type { PodContext } from './actions/pod-context.ts';
import { RETRY_MS } from './actions/step-failure.ts';
import type { AgentDeps } from './agent-deps.ts';
import { announceResize } from './announce-resize.ts';
import { announceBackoffs } from './announce-backoffs.ts';
import { sysctlRefusal } from './container-config/sysctls.ts';
import { eventTexts } from './events/event-texts.ts';
import { PodEvents, type PodEventText } from './events/pod-events.ts';
import type { PodRefusal } from './admission/pod-refusal.ts';
import { type Admission, admission, PREEMPTED } from './admission/preemption.ts';
import { checkStorage, limitsStorage } from './eviction/check-storage.ts';
import { observePod } from './observe-pod.ts';
import { type Action, actionKey } from './planner/action.ts';
import type { ObservedPod, PlanInput } from './planner/plan-input.ts';
import { planPod } from './planner/plan-pod.ts';
import { EVICTION_GRACE_SECONDS, type PodEnding, podEnding } from './planner/pod-ending.ts';
import { needsResize } from './planner/resize-needed.ts';
import { type ResizeRefusal, resizeRefusal } from './planner/resize-refusal.ts';
import { podIdentity } from './pod-identity.ts';
import { PodMemory } from './pod-memory.ts';
import { ProbeSet } from './probes/probe-set.ts';
import { nearestBeat } from '../model/nearest-beat.ts';
import { podCgroupSettings } from '../model/cgroup-arithmetic.ts';
import { podStatus } from './status/pod-status.ts';
import { RepeatGuard } from './repeat-guard.ts';
import { terminationMessage } from './status/termination-message.ts';
import { WakeUp } from './wake-up.ts';

/** Without any event the worker looks by itself this often; who tells of events compares all that runs more often than that. */
const RELIST_MS = 300_000;
/** A pod that may use only so much storage is measured this often, and one that waits for room to grow asks. */
const WATCHED_MS = 10_000;
/** While a pod is worked on, what changes of its status comes together, and is written this often. */
const TELL_LATER_MS = 100;
/** After a status could not be written; twice as long each time. */
const TELL_AGAIN_MS = 1000;
const LONGEST_TELL_MS = 60_000;
/** After the runtime could not be asked. */
const OBSERVE_RETRY_MS = 1000;

interface Operation {
  action: Action;
  abort: AbortController;
  done: Promise<void>;
}

/** What a worker has to know of the node's other pods. */
export interface Neighbourhood {
  /** Those that the node has taken and that have not ended. */
  others(): readonly Pod[];
  /** Why the node, short as it is of something, does not take a pod. */
  refusal(pod: Pod): PodRefusal | undefined;
  /** Fails these pods to make room for a critical one. Resolves when nothing of them runs any more, or the signal aborts. */
  preempt(victims: readonly Pod[], signal: AbortSignal): Promise<void>;
}

/**
 * Keeps one pod as its spec says, until it is gone or the agent ends: observe → report → plan → act, again whenever something may
 * have changed. Actions run beside the loop, one for each key; only the newest update of the pod counts.
 */
export class PodWorker {
  readonly #deps: AgentDeps;
  readonly #neighbourhood: Neighbourhood;
  readonly #events: PodEvents;
  readonly #memory = new PodMemory();
  readonly #probes: ProbeSet;
  readonly #wakeUp: WakeUp;
  readonly #operations = new Map<string, Operation>();
  readonly #repeats = new RepeatGuard();
  #pod: Pod;
  /** The status as it was written last. */
  #told: PodStatus | undefined;
  #toldAt: number;
  /** How often in a row it could not be written. */
  #untold = 0;
  #observed: ObservedPod = { sandboxes: [], containers: [] };
  #gone = false;
  #admitted = false;
  #storageCheckedAt = 0;
  readonly #firstSeenAt: number;
  #syncs = 0;
  #hasStarted = false;
  readonly #ended = Promise.withResolvers<void>();

  constructor(deps: AgentDeps, pod: Pod, neighbourhood: Neighbourhood) {
    this.#deps = deps;
    this.#neighbourhood = neighbourhood;
    this.#pod = pod;
    this.#told = pod.status;
    this.#firstSeenAt = deps.clock.now();
    this.#toldAt = this.#firstSeenAt;
    // What ran before this worker came has started before.
    this.#hasStarted = pod.status?.startTime !== undefined;
    this.#events = new PodEvents(deps);
    this.#wakeUp = new WakeUp(deps.clock);
    this.#probes = new ProbeSet({
      deps,
      events: this.#events,
      memory: this.#memory,
      pod: () => this.#pod,
      observed: () => this.#observed,
      onResult: () => this.wake(),
    });
  }

  /** Whether nothing of the pod is this worker's any more. */
  get isGone(): boolean {
    return this.#gone;
  }

  /** Whether the pod takes its share of the node. */
  get isAdmitted(): boolean {
    return this.#admitted && this.#memory.eviction === undefined;
  }

  /** Whether nothing of the pod runs any more. */
  get hasEnded(): boolean {
    return this.#gone || this.#memory.teardown.state === 'done';
  }

  /** Resolves once it is so. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Fails the pod for want of room on the node. */
  evict(message: string, graceSeconds: number): void {
    this.#fail('Evicted', message, graceSeconds, eventTexts.evicted(message));
  }

  /** Fails the pod for a critical one, which waits until it has ended. */
  preempt(): void {
    const grace = this.#pod.spec?.terminationGracePeriodSeconds ?? EVICTION_GRACE_SECONDS;
    this.#fail(PREEMPTED.reason, PREEMPTED.message, grace, eventTexts.preempted());
  }

  #fail(reason: string, message: string, graceSeconds: number, event: PodEventText): void {
    if (this.#memory.eviction !== undefined) return;
    this.#memory.eviction = { reason, message, graceSeconds, isRefused: false };
    this.#events.record(this.#pod, event);
    this.wake();
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** As they were seen last. */
  get containers(): ObservedPod['containers'] {
    return this.#observed.containers;
  }

  /** The newest word on what is wanted; the status is the worker's own. */
  update(pod: Pod): void {
    const { status } = this.#pod;
    const before = this.#pod;
    this.#pod = status === undefined ? pod : { ...pod, status };
    if (status === undefined) this.#told = pod.status;
    if (!isDeepStrictEqual(before.spec, pod.spec)) this.#specChanged(before);
    if (!isDeepStrictEqual(before.metadata, pod.metadata) && Number.isFinite(this.#memory.volumesStaleAt)) {
      this.#memory.volumesStaleAt = 0;
    }
    this.wake();
  }

  /** The object is gone: what is left of it on the node is not this worker's any more. */
  forget(): void {
    this.#gone = true;
    this.#ended.resolve();
    this.wake();
  }

  /** Whether it has removed all that the pod had on the node. */
  get hasCleared(): boolean {
    return this.#memory.isCleared;
  }

  wake(): void {
    this.#wakeUp.wake();
  }

  /** Resolves when the pod is gone, or the signal is aborted; containers then run on. Nothing of the worker is left behind. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted && !this.#gone) {
        this.#wakeUp.reset();
        const begin = this.#deps.clock.now();
        const wakeAt = await this.#sync(signal).catch((error: unknown) => this.#failed(error, signal));
        this.#measure(begin);
        if (!this.#gone) await this.#wakeUp.wait(wakeAt, signal);
      }
    } finally {
      if (this.hasEnded) this.#ended.resolve();
      await this.#probes.stop();
      for (const { abort } of this.#operations.values()) abort.abort();
      await Promise.all([...this.#operations.values()].map(({ done }) => done));
      await this.#events.flushed();
    }
  }

  #measure(begin: number): void {
    const { metrics, clock } = this.#deps;
    metrics?.synced(this.#syncs++ === 0 ? 'create' : 'sync', (clock.now() - begin) / 1000);
    if (this.#hasStarted || this.#pod.status?.phase !== 'Running') return;
    this.#hasStarted = true;
    metrics?.started((clock.now() - this.#firstSeenAt) / 1000);
  }

  /** @returns when to look again at the latest; nothing when only an update can change anything */
  async #sync(signal: AbortSignal): Promise<number | undefined> {
    const { clock } = this.#deps;
    // What was under way when the runtime is asked may not show in its answer yet.
    const busy = this.#busyActions();
    this.#observed = await observePod(this.#deps.runtime, podIdentity(this.#pod).uid, signal);
    await this.#readTerminationMessages();
    this.#memory.retainContainers(new Set(this.#observed.containers.map(({ id }) => id)));
    for (const [key, action] of this.#busyActions()) busy.set(key, action);
    let input: PlanInput = {
      pod: this.#pod,
      observed: this.#observed,
      facts: this.#memory,
      busy,
      now: clock.now(),
    };
    await this.#admit(signal);
    const ending = this.#endingOf(input);
    await this.#evictWhenOverLimit(ending, signal);
    this.#memory.resizeRefusal = this.#refusalOfResize(ending);
    this.#probes.sync(this.#observed, busy, ending !== undefined);
    if (ending === undefined) announceBackoffs(input, this.#memory, this.#events);
    const status = podStatus({ ...input, facts: this.#memory, ending, nodeIps: this.#deps.node.ips });
    if (ending === undefined) announceResize(this.#pod, status, this.#events);
    this.#pod = { ...this.#pod, status };
    if (this.#memory.removal.state === 'done') this.#gone = true;
    // An end is told before anything is taken away for it.
    const isOver = signal.aborted || this.#gone;
    let isTold = ending === undefined && !isOver ? undefined : await this.#report(status);
    if (isOver || signal.aborted) return undefined;
    input = { ...input, pod: this.#pod, now: clock.now() };
    const plan = planPod(input);
    for (const key of plan.aborts) this.#operations.get(key)?.abort.abort();
    for (const action of plan.actions) this.#start(action, signal);
    if (this.#operations.size === 0) this.#events.hurry();
    // A start does not wait for what is told of it.
    const wakeAt = plan.wakeAt ?? Number.POSITIVE_INFINITY;
    if (isTold === undefined && this.#mayTellLater(status))
      return Math.min(wakeAt, this.#toldAt + TELL_LATER_MS);
    isTold ??= await this.#report(status);
    if (!isTold) return Math.min(wakeAt, this.#tellAgainAt());
    const rests = ending !== undefined && plan.actions.length === 0 && busy.size === 0;
    if (rests) return plan.wakeAt;
    const isWatched = limitsStorage(this.#pod) || this.#memory.resizeRefusal !== undefined;
    const lookAgainMs = isWatched ? WATCHED_MS : RELIST_MS;
    const lookAgainAt = nearestBeat(clock.now() + lookAgainMs, lookAgainMs);
    return Math.min(wakeAt, lookAgainAt);
  }

  #start(action: Action, agentSignal: AbortSignal): void {
    const key = actionKey(action);
    if (this.#operations.has(key)) return;
    const abort = new AbortController();
    const context: PodContext = {
      deps: this.#deps,
      events: this.#events,
      pod: this.#pod,
      observed: this.#observed,
      memory: this.#memory,
      signal: AbortSignal.any([abort.signal, agentSignal]),
    };
    const done = this.#perform(action, key, context);
    this.#operations.set(key, { action, abort, done });
  }

  async #perform(action: Action, key: string, context: PodContext): Promise<void> {
    try {
      // So that the operation is known before it can end.
      await Promise.resolve();
      await perform(action, context);
      this.#hold(key, this.#repeats.ended(key, context.observed, this.#deps.clock.now()));
    } catch (error) {
      if (context.signal.aborted) return;
      this.#hold(key, RETRY_MS);
      this.#log('error', `${action.type} failed`, error);
    } finally {
      this.#operations.delete(key);
      if (this.hasEnded) this.#ended.resolve();
      this.wake();
    }
  }

  #hold(key: string, forMs: number): void {
    if (forMs === 0) this.#memory.held.delete(key);
    else this.#memory.held.set(key, this.#deps.clock.now() + forMs);
  }

  #busyActions(): Map<string, Action> {
    return new Map([...this.#operations].map(([key, { action }]) => [key, action]));
  }

  /** What the node does not take is failed at once, as the kubelet's admission does; what it has begun it has taken. */
  async #admit(signal: AbortSignal): Promise<void> {
    if (this.#admitted) return;
    while (!this.#hasBegun() && !this.#gone) {
      const node = await this.#deps.nodeObject?.().catch((error: unknown) => {
        this.#log('warn', 'cannot read the node', error);
        return undefined;
      });
      // From here on in one go: two pods may ask at the same time for what there is once.
      const verdict = this.#verdict(node);
      if (verdict.verdict === 'preempts') {
        await this.#neighbourhood.preempt(verdict.victims, signal);
        if (signal.aborted) return;
        continue;
      }
      if (verdict.verdict === 'refused') this.#refuse(verdict.refusal);
      break;
    }
    this.#admitted = true;
  }

  #verdict(node: Node | undefined): Admission {
    const refusal = this.#neighbourhood.refusal(this.#pod) ?? sysctlRefusal(this.#pod);
    if (refusal !== undefined) return { verdict: 'refused', refusal };
    if (node === undefined) return { verdict: 'admitted' };
    return admission(this.#pod, this.#neighbourhood.others(), node);
  }

  #refuse(refusal: PodRefusal): void {
    this.#memory.eviction = { ...refusal, graceSeconds: EVICTION_GRACE_SECONDS, isRefused: true };
    this.#events.record(this.#pod, eventTexts.rejected(refusal.reason, refusal.message));
  }

  #hasBegun(): boolean {
    const { metadata, status } = this.#pod;
    return (
      metadata?.deletionTimestamp !== undefined ||
      status?.startTime !== undefined ||
      this.#observed.sandboxes.length > 0 ||
      this.#observed.containers.length > 0
    );
  }

  /** Asked each time: others may have gone. */
  #refusalOfResize(ending: PodEnding | undefined): ResizeRefusal | undefined {
    if (ending !== undefined || !needsResize(this.#pod, this.#observed)) return undefined;
    return resizeRefusal(this.#pod, this.#neighbourhood.others(), this.#deps.node);
  }

  #endingOf(input: PlanInput): PodEnding | undefined {
    const ending = podEnding(input);
    if (ending === undefined || this.#memory.endingSince !== undefined) return ending;
    this.#memory.endingSince = input.now;
    if (ending.cause === 'deadline' && this.#pod.status?.reason === undefined) {
      this.#events.record(this.#pod, eventTexts.deadlineExceeded());
    }
    return ending;
  }

  async #evictWhenOverLimit(ending: PodEnding | undefined, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    if (ending !== undefined || clock.now() - this.#storageCheckedAt < WATCHED_MS) return;
    this.#storageCheckedAt = clock.now();
    const message = await checkStorage(this.#pod, this.#observed, this.#deps, signal);
    if (message === undefined) return;
    this.evict(message, EVICTION_GRACE_SECONDS);
  }

  async #readTerminationMessages(): Promise<void> {
    const { terminationMessages } = this.#memory;
    for (const instance of this.#observed.containers) {
      if (instance.state !== 'CONTAINER_EXITED' || terminationMessages.has(instance.id)) continue;
      terminationMessages.set(
        instance.id,
        await terminationMessage(this.#pod, instance, this.#deps.files).catch((error: unknown) => {
          this.#log('warn', 'cannot read the termination message', error);
          return '';
        }),
      );
    }
  }

  /** Whether more is about to change, and what has changed by now is nothing that others act on. */
  #mayTellLater(status: PodStatus): boolean {
    if (this.#operations.size === 0 || this.#deps.clock.now() >= this.#toldAt + TELL_LATER_MS) return false;
    return status.phase === (this.#told?.phase ?? 'Pending') && isReady(status) === isReady(this.#told);
  }

  /** Writes the status where it differs from what was written last. @returns whether it is written now */
  async #report(status: PodStatus): Promise<boolean> {
    const told = this.#told;
    if (isDeepStrictEqual(told, status)) return true;
    const { status: _, ...rest } = this.#pod;
    this.#toldAt = this.#deps.clock.now();
    try {
      await this.#deps.client.updatePodStatus(told === undefined ? rest : { ...rest, status: told }, status);
      this.#told = status;
      this.#untold = 0;
      return true;
    } catch (error) {
      this.#log('warn', 'cannot write the status', error);
      this.#untold += 1;
      return false;
    }
  }

  #tellAgainAt(): number {
    return this.#deps.clock.now() + Math.min(LONGEST_TELL_MS, TELL_AGAIN_MS * 2 ** (this.#untold - 1));
  }

  #specChanged(before: Pod): void {
    if (!isDeepStrictEqual(podCgroupSettings(before), podCgroupSettings(this.#pod))) {
      this.#memory.cgroup = { state: 'pending' };
    }
    this.#memory.failures.clear();
    for (const [name, fact] of this.#memory.images)
      if (fact.state === 'failed') this.#memory.images.delete(name);
  }

  #failed(error: unknown, signal: AbortSignal): number {
    if (!signal.aborted) this.#log('error', 'cannot look after the pod', error);
    return this.#deps.clock.now() + OBSERVE_RETRY_MS;
  }

  #log(level: 'warn' | 'error', message: string, error: unknown): void {
    const { namespace, name } = podIdentity(this.#pod);
    this.#deps.log({ level, message, pod: `${namespace}/${name}`, error });
  }
}

function isReady(status: PodStatus | undefined): boolean {
  return status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
}
