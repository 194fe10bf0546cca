/** Pods for which others were evicted: they hold their node against pods that matter no more than they do. */
import type { PodInfo } from './pod/pod-info.ts';
import type { ClusterSnapshot } from './snapshot.ts';

interface Nomination {
  readonly pod: PodInfo;
  readonly node: string;
}

export class NominatedPods {
  readonly #nominations = new Map<string, Nomination>();
  readonly #snapshot: ClusterSnapshot;

  constructor(snapshot: ClusterSnapshot) {
    this.#snapshot = snapshot;
  }

  get isEmpty(): boolean {
    return this.#nominations.size === 0;
  }

  nominate(pod: PodInfo, node: string): void {
    this.#nominations.set(pod.key, { pod, node });
  }

  /** To be called when the pod is placed or gone. */
  withdraw(pod: PodInfo): void {
    this.#nominations.delete(pod.key);
  }

  nodeOf(pod: PodInfo): string | undefined {
    return this.#nominations.get(pod.key)?.node;
  }

  /** Those of the same or a higher priority, other than the pod itself, by slot of their node. */
  thatMatterTo(pod: PodInfo): Map<number, PodInfo[]> {
    const bySlot = new Map<number, PodInfo[]>();
    for (const nomination of this.#nominations.values()) {
      const slot = this.#snapshot.nodes.slotOf(nomination.node);
      if (slot === undefined || nomination.pod.key === pod.key) continue;
      if (nomination.pod.priority < pod.priority) continue;
      bySlot.set(slot, [...(bySlot.get(slot) ?? []), nomination.pod]);
    }
    return bySlot;
  }
}
