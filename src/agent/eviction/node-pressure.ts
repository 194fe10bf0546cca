import type { FilesystemRoom } from '../../model/usage/node-usage.ts';
import type { Pod } from '../../model/api/types.ts';
import { nextBeat } from '../../model/nearest-beat.ts';
import { qosClass } from '../../model/qos-class.ts';
import { untolerated } from '../../model/tolerations.ts';
import type { PodRefusal } from '../admission/pod-refusal.ts';
import type { AgentDeps } from '../agent-deps.ts';
import { isCriticalPod } from '../critical-pod.ts';
import { EVICTION_GRACE_SECONDS } from '../planner/pod-ending.ts';
import type { NodeReading } from '../stats/node-reading.ts';
import { podIdentity } from '../pod-identity.ts';
import { WakeUp } from '../wake-up.ts';
import { evictionMessage, resourceOf } from './eviction-message.ts';
import type { EvictionSettings, Threshold } from './eviction-settings.ts';
import {
  isMet,
  judgePressure,
  NO_PRESSURE,
  type PressureCondition,
  type Readings,
} from './judge-pressure.ts';
import { measureShares } from './measure-shares.ts';
import { rankPods } from './rank-pods.ts';

/** The kubelet's: how often the node is looked at, and how long an evicted pod is waited for. */
const EVERY_MS = 10_000;
const GONE_MS = 30_000;

/** What the node is measured with, and what is done when it is short of something. */
export interface EvictionOptions {
  readonly settings: EvictionSettings;
  readonly readNode: () => Promise<NodeReading>;
  /** Of the disk that images lie on. */
  readonly readImageRoom: () => Promise<FilesystemRoom>;
  /** Removes every image that nobody uses. */
  readonly removeUnusedImages: (signal: AbortSignal) => Promise<void>;
  /** Told when the node is short of something, or is not any more. */
  readonly onConditions: (conditions: ReadonlySet<PressureCondition>) => void;
  /** Told before something is reclaimed: `memory`. */
  readonly onReclaim: (resource: string) => void;
}

/** A pod of the node, and the way to end it. */
export interface EvictablePod {
  readonly pod: Pod;
  /** Fails the pod as evicted. */
  evict(message: string, graceSeconds: number): void;
  /** Whether nothing of it runs any more. */
  hasEnded(): boolean;
  /** Resolves once it is so. */
  readonly ended: Promise<void>;
}

/**
 * Watches what the node has left, and evicts a pod at a time when it is too little:
 *
 *     looked at ──(threshold met)──► condition set ──(grace over)──► images removed ──(still met)──► one pod evicted ──► looked at
 */
export class NodePressure {
  readonly #deps: AgentDeps;
  readonly #options: EvictionOptions;
  readonly #pods: () => readonly EvictablePod[];
  #state = NO_PRESSURE;
  #conditions: ReadonlySet<PressureCondition> = new Set();

  constructor(deps: AgentDeps, options: EvictionOptions, pods: () => readonly EvictablePod[]) {
    this.#deps = deps;
    this.#options = options;
    this.#pods = pods;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    while (!signal.aborted) {
      try {
        await this.look(signal);
      } catch (error) {
        if (signal.aborted) return;
        log({ level: 'warn', message: 'cannot tell what the node has left', error });
      }
      await clock.sleep(nextBeat(clock.now(), EVERY_MS) - clock.now(), { signal }).catch(() => {});
    }
  }

  /** Whether the node, short as it is, takes the pod. */
  refusal(pod: Pod): PodRefusal | undefined {
    const conditions = [...this.#conditions];
    if (conditions.length === 0 || isCriticalPod(pod)) return undefined;
    const memoryOnly = conditions.length === 1 && conditions[0] === 'MemoryPressure';
    if (memoryOnly && qosClass(pod) !== 'BestEffort') return undefined;
    const taint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' };
    if (memoryOnly && untolerated([taint], pod.spec?.tolerations, ['NoSchedule']).length === 0)
      return undefined;
    return { reason: 'Evicted', message: `The node had condition: [${conditions.join(' ')}]. ` };
  }

  async look(signal: AbortSignal): Promise<void> {
    const { settings, onConditions, onReclaim } = this.#options;
    const now = this.#deps.clock.now();
    const readings = await this.#read();
    const { state, conditions, due } = judgePressure(this.#state, readings, settings, now);
    this.#state = state;
    if (
      conditions.size !== this.#conditions.size ||
      [...conditions].some((one) => !this.#conditions.has(one))
    )
      onConditions(conditions);
    this.#conditions = conditions;
    const [threshold] = due;
    if (threshold === undefined) return;
    onReclaim(resourceOf(threshold));
    if (await this.#reclaimedByImages(threshold, signal)) return;
    await this.#evictOne(threshold, readings, signal);
  }

  async #read(): Promise<Readings> {
    const [node, images] = await Promise.all([this.#options.readNode(), this.#options.readImageRoom()]);
    const { filesystem, processes } = node;
    const capacity = node.memoryAvailableBytes + node.memory.workingSetBytes;
    return new Map([
      ['memory.available', { available: node.memoryAvailableBytes, capacity }],
      ['nodefs.available', { available: filesystem.availableBytes, capacity: filesystem.capacityBytes }],
      ['nodefs.inodesFree', { available: filesystem.freeInodes, capacity: filesystem.inodes }],
      ['imagefs.available', { available: images.availableBytes, capacity: images.capacityBytes }],
      ['imagefs.inodesFree', { available: images.freeInodes, capacity: images.inodes }],
      ['pid.available', { available: processes.maximum - processes.current, capacity: processes.maximum }],
    ]);
  }

  async #reclaimedByImages(threshold: Threshold, signal: AbortSignal): Promise<boolean> {
    if (!/^(?:node|image)fs\./.test(threshold.signal)) return false;
    await this.#options.removeUnusedImages(signal);
    return !isMet(threshold, await this.#read(), true);
  }

  async #evictOne(threshold: Threshold, readings: Readings, signal: AbortSignal): Promise<void> {
    const { log, clock } = this.#deps;
    const candidates = this.#pods().filter((one) => !one.hasEnded() && !isCriticalPod(one.pod));
    const shares = await measureShares(
      candidates.map(({ pod }) => pod),
      this.#deps,
      signal,
    );
    const [share] = rankPods(shares, threshold.signal);
    const victim = candidates.find(({ pod }) => pod === share?.pod);
    if (share === undefined || victim === undefined) {
      log({
        level: 'warn',
        message: `the node is short of ${resourceOf(threshold)}, and there is no pod to evict`,
      });
      return;
    }
    const own = victim.pod.spec?.terminationGracePeriodSeconds ?? 30;
    const softGrace = Math.min(own, this.#options.settings.maxPodGraceSeconds);
    victim.evict(
      evictionMessage(threshold, readings, share),
      threshold.isHard ? EVICTION_GRACE_SECONDS : softGrace,
    );
    this.#deps.metrics?.evicted(threshold.signal);
    log({
      level: 'warn',
      message: 'evicted for want of ' + resourceOf(threshold),
      pod: podIdentity(victim.pod).name,
    });
    const hasEnded = new WakeUp(clock);
    void victim.ended.then(() => hasEnded.wake());
    await hasEnded.wait(clock.now() + GONE_MS + softGrace * 1000, signal);
  }
}
