/**
 * Places a cluster's pods as they come: keeps the engine's snapshot in step with the API, takes one waiting pod after the other,
 * and has the decision carried out.
 *
 *     waiting ──decide──► assumed on a node ──bind──► bound
 *        ▲                     │ the API refuses
 *        └── nothing fits ◄────┘
 */
import type { Node, Pod, PodCondition } from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import { isPeapodError } from '../../model/errors.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import type { ClusterChange, ClusterEvent } from '../engine/plugin.ts';
import type { PodInfo } from '../engine/pod/pod-info.ts';
import { planPreemption } from '../engine/preemption.ts';
import { defaultProfile, type Profile } from '../engine/profile.ts';
import { SchedulingEngine } from '../engine/schedule-pod.ts';
import { ClusterSnapshot } from '../engine/snapshot.ts';
import { SchedulingQueue } from '../queue/scheduling-queue.ts';
import type { ClusterClient, ClusterHandlers } from './cluster-client.ts';
import { type GangTurn, KnownGangs } from './known-gangs.ts';

export interface SchedulerDriverOptions {
  readonly client: ClusterClient;
  readonly clock: Clock;
  readonly profiles?: readonly Profile[];
  readonly seed?: number;
  readonly log: (message: string, error?: unknown) => void;
  /** Told of each pod that waits, before it is placed: where it may run one can get ready. */
  readonly onWaiting?: (pod: Pod) => void;
}

/** How many bindings may be under way at a time. */
const MAX_BINDING = 64;

/** Places pods until the signal aborts; then resolves when nothing is under way. */
export async function runScheduler(options: SchedulerDriverOptions, signal: AbortSignal): Promise<void> {
  const driver = new Driver(options, signal);
  await Promise.all([options.client.watch(driver, signal), driver.run()]);
}

class Driver implements ClusterHandlers {
  readonly #options: SchedulerDriverOptions;
  readonly #signal: AbortSignal;
  readonly #snapshot = new ClusterSnapshot();
  readonly #engine: SchedulingEngine;
  readonly #gangs: KnownGangs;
  readonly #queue: SchedulingQueue;
  /** Pods that wait, by key, as they were last seen. */
  readonly #waiting = new Map<string, PodInfo>();
  /** Pods on nodes that are not known, by key. */
  readonly #homeless = new Map<string, Pod>();
  readonly #binding = new Set<Promise<void>>();
  readonly #bindingVolumes = new Set<Promise<void>>();
  #synced = false;
  #wake = Promise.withResolvers<void>();

  constructor(options: SchedulerDriverOptions, signal: AbortSignal) {
    const profiles = options.profiles ?? [defaultProfile()];
    this.#options = options;
    this.#signal = signal;
    this.#engine = new SchedulingEngine(this.#snapshot, {
      profiles,
      ...(options.seed === undefined ? {} : { seed: options.seed }),
    });
    this.#gangs = new KnownGangs(this.#engine, this.#snapshot);
    const plugins = new Set(
      profiles.flatMap(({ filters, scorers }) => [...filters, ...scorers.map(({ plugin }) => plugin)]),
    );
    this.#queue = new SchedulingQueue(plugins);
    signal.addEventListener('abort', () => this.#wake.resolve());
  }

  onSynced(): void {
    this.#synced = true;
    this.#wake.resolve();
  }

  onNode(node: Node): void {
    this.#safely(`node ${node.metadata?.name}`, () => {
      const slot = this.#snapshot.nodes.slotOf(node.metadata?.name ?? '');
      if (slot === undefined) {
        this.#snapshot.addNode(node);
        for (const bound of this.#homeless.values())
          if (bound.spec?.nodeName === node.metadata?.name) this.onPod(bound);
        const added = this.#snapshot.nodes.info(this.#snapshot.slotOf(node.metadata?.name ?? ''));
        return this.#changed({ event: 'NodeAdded', node: added });
      }
      const before = this.#snapshot.nodes.info(slot);
      this.#snapshot.updateNode(node);
      const after = this.#snapshot.nodes.info(slot);
      for (const event of nodeChanges(before.node, after.node)) this.#changed({ event, node: after });
    });
  }

  onNodeGone(node: Node): void {
    this.#safely(`node ${node.metadata?.name}`, () => this.#snapshot.removeNode(node.metadata?.name ?? ''));
  }

  onPod(pod: Pod): void {
    this.#safely(`pod ${pod.metadata?.namespace}/${pod.metadata?.name}`, () => {
      const key = pod.metadata?.uid ?? '';
      const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
      if (isOver) return this.#forget(key);
      if (pod.spec?.nodeName) return this.#onBound(key, pod);
      if (pod.metadata?.deletionTimestamp !== undefined) return this.#forget(key);
      if (!this.#engine.handles(pod.spec?.schedulerName ?? 'default-scheduler')) return;
      this.#options.onWaiting?.(pod);
      this.#onWaiting(key, pod);
    });
  }

  onPodGone(pod: Pod): void {
    this.#forget(pod.metadata?.uid ?? '');
  }

  onPriorityClass: ClusterHandlers['onPriorityClass'] = (priorityClass, gone) => {
    this.#setObject(
      this.#snapshot.objects.priorityClasses,
      priorityClass.metadata?.name ?? '',
      priorityClass,
      gone,
    );
  };

  onDisruptionBudget: ClusterHandlers['onDisruptionBudget'] = (budget, gone) => {
    const key = `${budget.metadata?.namespace}/${budget.metadata?.name}`;
    this.#setObject(this.#snapshot.objects.disruptionBudgets, key, budget, gone);
  };

  onClaim: ClusterHandlers['onClaim'] = (claim, gone) => {
    const key = `${claim.metadata?.namespace}/${claim.metadata?.name}`;
    this.#setObject(this.#snapshot.objects.claims, key, claim, gone);
    this.#changed({ event: 'VolumeChanged' });
  };

  onVolume: ClusterHandlers['onVolume'] = (volume, gone) => {
    this.#setObject(this.#snapshot.objects.volumes, volume.metadata?.name ?? '', volume, gone);
    this.#changed({ event: 'VolumeChanged' });
  };

  onStorageClass: ClusterHandlers['onStorageClass'] = (storageClass, gone) => {
    this.#setObject(
      this.#snapshot.objects.storageClasses,
      storageClass.metadata?.name ?? '',
      storageClass,
      gone,
    );
    this.#changed({ event: 'VolumeChanged' });
  };

  onPodGroup: ClusterHandlers['onPodGroup'] = (group, gone) => {
    const name = `${group.metadata?.namespace}/${group.metadata?.name}`;
    this.#safely(`PodGroup ${name}`, () => this.#gangs.set(group, gone));
    // Its pods have the priority that it says, and may be enough now.
    for (const [key, { gang, pod }] of Array.from(this.#waiting)) {
      if (gang !== name) continue;
      this.#waiting.delete(key);
      this.onPod(pod);
    }
  };

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      this.#wake = Promise.withResolvers();
      if (this.#synced) await this.#placeAll();
      await this.#rest();
    }
    await Promise.allSettled([...this.#binding, ...this.#bindingVolumes]);
  }

  async #placeAll(): Promise<void> {
    const { clock } = this.#options;
    for (let pod = this.#queue.pop(clock.now()); pod !== undefined; pod = this.#queue.pop(clock.now())) {
      if (this.#signal.aborted) return;
      await this.#placeOne(pod);
      while (this.#binding.size >= MAX_BINDING) await Promise.race(this.#binding);
    }
  }

  /** Until something changes, or a pod has rested enough. */
  async #rest(): Promise<void> {
    const next = this.#queue.nextWakeMs();
    if (next === undefined || !this.#synced) return this.#wake.promise;
    const { clock } = this.#options;
    const stop = new AbortController();
    const slept = clock.sleep(Math.max(1, next - clock.now()), { signal: stop.signal }).catch(() => {});
    await Promise.race([this.#wake.promise, slept]);
    stop.abort();
  }

  async #placeOne(pod: PodInfo): Promise<void> {
    if (pod.gang !== undefined) return this.#placeGang(pod, pod.gang);
    const decision = this.#engine.decide(pod);
    if (decision.outcome === 'refused')
      return this.#onRefused(pod, new Set(decision.rejections.map(({ plugin }) => plugin)));
    this.#assume(pod, decision.node);
  }

  #assume(pod: PodInfo, node: string): void {
    this.#snapshot.place(pod, this.#snapshot.slotOf(node));
    this.#queue.done(pod);
    this.#waiting.delete(pod.key);
    // Volumes may take long to come: that keeps nobody else waiting.
    const under = pod.template.shape.claims.length > 0 ? this.#bindingVolumes : this.#binding;
    const work = this.#bind(pod, node).finally(() => under.delete(work));
    under.add(work);
  }

  /** All that wait of the pod's gang get their nodes together, or none does. */
  async #placeGang(pod: PodInfo, gang: string): Promise<void> {
    const members = [...this.#waiting.values()].filter((other) => other.gang === gang);
    const turn = this.#gangs.decide(gang, members);
    if (turn.outcome !== 'placed') return this.#onGangRefused(pod, members, turn);
    for (const { pod: member, node } of turn.assignments) this.#assume(member, node);
    // It may be the one that the others do without.
    if (this.#waiting.has(pod.key)) this.#queue.failed(pod, [], this.#options.clock.now());
  }

  async #onGangRefused(
    pod: PodInfo,
    members: readonly PodInfo[],
    turn: Exclude<GangTurn, { outcome: 'placed' }>,
  ): Promise<void> {
    const { clock, log } = this.#options;
    this.#queue.failed(pod, [], clock.now());
    const nodes = new Map<string, string>();
    if (turn.outcome === 'preempts') {
      for (const { pod: member, node } of turn.assignments) {
        this.#engine.nominated.nominate(member, node);
        nodes.set(member.key, node);
      }
    }
    try {
      if (turn.outcome === 'preempts')
        for (const victim of turn.victims) await this.#evict(victim, pod, `gang ${pod.gang}`);
      for (const member of members) await this.#report(member, turn.message, nodes.get(member.key));
    } catch (error) {
      if (!this.#signal.aborted && !isPeapodError(error, 'NotFound'))
        log(`cannot report why gang ${pod.gang} waits`, error);
    }
  }

  async #evict(victim: PodInfo, { template }: PodInfo, by: string): Promise<void> {
    const { client } = this.#options;
    const { name } = this.#snapshot.nodes.info(victim.slot);
    await client.evict(
      victim.pod,
      `${template.schedulerName}: preempting to accommodate a higher priority pod`,
    );
    await client.recordEvent(victim.pod, 'Normal', 'Preempted', `Preempted by ${by} on node ${name}`);
  }

  async #bind(pod: PodInfo, node: string): Promise<void> {
    const { client, log } = this.#options;
    try {
      await client.bindVolumes(pod.pod, node, this.#signal);
      await client.bind(pod.pod, node);
      this.#engine.nominated.withdraw(pod);
      const name = `${pod.template.namespace}/${pod.name}`;
      await client.recordEvent(pod.pod, 'Normal', 'Scheduled', `Successfully assigned ${name} to ${node}`);
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!isPeapodError(error, 'NotFound') && !isPeapodError(error, 'Conflict'))
        log(`cannot bind pod ${pod.name}`, error);
      // Unless its binding was seen meanwhile, the room is free again.
      const assumed = this.#snapshot.pod(pod.key);
      if (assumed !== pod) return;
      this.#snapshot.remove(pod);
      if (!isPeapodError(error, 'NotFound')) this.onPod(pod.pod);
    }
  }

  async #onRefused(pod: PodInfo, plugins: ReadonlySet<string>): Promise<void> {
    const { clock, log } = this.#options;
    const { summary } = this.#engine.explain(pod);
    const plan = planPreemption(this.#engine, pod);
    this.#queue.failed(pod, plugins, clock.now());
    if (plan !== undefined) this.#engine.nominated.nominate(pod, plan.node);
    try {
      for (const victim of plan?.victims ?? []) await this.#evict(victim, pod, `pod ${pod.key}`);
      await this.#report(pod, summary, plan?.node);
    } catch (error) {
      if (!this.#signal.aborted && !isPeapodError(error, 'NotFound'))
        log(`cannot report why pod ${pod.name} waits`, error);
    }
  }

  /** Once for each reason. */
  async #report(pod: PodInfo, message: string, nominated: string | undefined): Promise<void> {
    const { client, clock } = this.#options;
    const before = pod.pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    const known = before?.status === 'False' && before.message === message;
    if (known && (nominated === undefined || nominated === pod.pod.status?.nominatedNodeName)) return;
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime:
        before?.status === 'False' ? (before.lastTransitionTime ?? '') : apiTime(clock.now()),
    };
    await client.reportPending(pod.pod, condition, nominated ?? pod.pod.status?.nominatedNodeName);
    await client.recordEvent(pod.pod, 'Warning', 'FailedScheduling', message);
  }

  #onBound(key: string, pod: Pod): void {
    this.#queue.remove(key);
    this.#waiting.delete(key);
    const assumed = this.#snapshot.pod(key);
    if (assumed !== undefined) {
      const onNode = this.#snapshot.nodes.info(assumed.slot).name;
      // What it asks for may have changed too.
      if (onNode === pod.spec?.nodeName && assumed.pod.metadata?.generation === pod.metadata?.generation) {
        const isLeaving = pod.metadata?.deletionTimestamp !== undefined;
        if (assumed.terminating === isLeaving) return;
      }
      this.#snapshot.remove(assumed);
    }
    this.#homeless.delete(key);
    if (this.#snapshot.nodes.slotOf(pod.spec?.nodeName ?? '') === undefined) {
      this.#homeless.set(key, pod);
      return;
    }
    const info = this.#snapshot.addPod(pod);
    this.#engine.nominated.withdraw(info);
    this.#changed({ event: 'PodAdded', pod: info });
  }

  #onWaiting(key: string, pod: Pod): void {
    const known = this.#waiting.get(key);
    if (this.#snapshot.pod(key) !== undefined) return;
    const info = this.#snapshot.readPod(pod);
    this.#waiting.set(key, info);
    // A new status is no reason to try again.
    if (
      known !== undefined &&
      known.pod.metadata?.generation === pod.metadata?.generation &&
      known.template === info.template
    ) {
      Object.assign(known, { pod });
      this.#waiting.set(key, known);
      return;
    }
    this.#queue.add(info, this.#options.clock.now());
    this.#wake.resolve();
  }

  #forget(key: string): void {
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) this.#engine.nominated.withdraw(waiting);
    this.#queue.remove(key);
    this.#waiting.delete(key);
    this.#homeless.delete(key);
    const placed = this.#snapshot.pod(key);
    if (placed === undefined) return;
    this.#snapshot.remove(placed);
    this.#changed({ event: 'PodDeleted', pod: placed });
  }

  #setObject<T>(objects: Map<string, T>, key: string, object: T, gone: boolean): void {
    this.#safely(key, () => {
      objects.delete(key);
      if (!gone) objects.set(key, object);
    });
    this.#snapshot.objectsChanged();
  }

  #changed(change: ClusterChange): void {
    this.#queue.onChange(change, this.#options.clock.now());
    this.#wake.resolve();
  }

  /** One bad object must not keep the others from being placed. */
  #safely(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.log(`cannot use ${what}`, error);
    }
  }
}

/** What an update of a node may mean to pods that wait; its heartbeats mean nothing. */
function nodeChanges(before: Node, after: Node): ClusterEvent[] {
  const differs = (part: (node: Node) => unknown) =>
    JSON.stringify(part(before)) !== JSON.stringify(part(after));
  const changes: ClusterEvent[] = [];
  if (differs(({ status }) => status?.allocatable)) changes.push('NodeAllocatableChanged');
  if (differs(({ metadata }) => metadata?.labels)) changes.push('NodeLabelsChanged');
  if (differs(({ spec }) => [spec?.taints, spec?.unschedulable])) changes.push('NodeTaintsChanged');
  return changes;
}
