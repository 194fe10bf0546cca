/**
 * The cluster's state as the engine sees it. Every change is incremental; its cost does not depend on how many pods
 * there are. Within a transaction, changes can be taken back.
 */
import type { Node, Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { readLabels } from './pod/labels.ts';
import { NOWHERE, type PodInfo, podName } from './pod/pod-info.ts';
import { PodReader } from './pod/pod-reader.ts';
import type { SpreadConstraint } from './pod/spread-constraints.ts';
import { ChangeLog } from './state/change-log.ts';
import { ClusterObjects } from './state/cluster-objects.ts';
import type { DomainCounter } from './state/domain-counter.ts';
import { ImageSpread } from './state/images.ts';
import { NodeColumns } from './state/node-column.ts';
import { readNode, type NodeInfo } from './state/node-info.ts';
import { NodeTable } from './state/node-table.ts';
import { PodPopulation } from './state/pod-population.ts';
import { CPU } from './state/resource-table.ts';
import { Usage } from './state/usage.ts';

/** How far back a transaction reaches. */
export type TransactionMark = number;

export class ClusterSnapshot {
  readonly nodes = new NodeTable();
  readonly columns = new NodeColumns(this.nodes);
  readonly population = new PodPopulation(this.nodes);
  /** Change it, then call `objectsChanged`. */
  readonly objects = new ClusterObjects();
  readonly images = new ImageSpread();
  /** `port/protocol/ip` */
  readonly hostPorts = new Usage();
  readonly claims = new Usage();
  readonly changes = new ChangeLog();
  /** The counters of the templates' spread constraints, lest they be looked up for each pod. */
  readonly spreadCounters = new WeakMap<SpreadConstraint, DomainCounter>();
  readonly hostCounters = new WeakMap<SpreadConstraint, DomainCounter>();
  /** Changes with `objects`. */
  objectsEpoch = 0;
  readonly #reader = new PodReader(this.nodes, this.population);
  readonly #pods = new Map<string, PodInfo>();
  readonly #gangs = new Map<string, Set<PodInfo>>();
  #journal: (() => void)[] = [];
  #openTransactions = 0;

  get podCount(): number {
    return this.#pods.size;
  }

  /** Pods that are on nodes. */
  pods(): IterableIterator<PodInfo> {
    return this.#pods.values();
  }

  /** The pods on nodes that belong to a PodGroup, by its `namespace/name`. */
  gangMembers(key: string): PodInfo[] {
    return [...(this.#gangs.get(key) ?? [])];
  }

  pod(key: string): PodInfo | undefined {
    return this.#pods.get(key);
  }

  /**
   * Reads a pod that waits for a node.
   * @throws InvalidObjectError naming each wrong field
   */
  readPod(pod: Pod): PodInfo {
    return this.#reader.read(pod, this.objects);
  }

  /** @throws InvalidObjectError naming each wrong field; PeapodError `AlreadyExists` when there is such a node */
  addNode(node: Node): void {
    this.#insertNode(readNode(node));
  }

  /**
   * The node's pods stay.
   * @throws InvalidObjectError naming each wrong field; PeapodError `NotFound` when there is no such node
   */
  updateNode(node: Node): void {
    const info = readNode(node);
    this.#replaceNode(this.slotOf(info.name), info);
  }

  /**
   * Its pods go with it.
   * @throws PeapodError `NotFound` when there is no such node
   */
  removeNode(name: string): void {
    const slot = this.slotOf(name);
    for (const pod of this.nodes.podsOn(slot).slice()) this.remove(pod);
    this.#deleteNode(slot);
  }

  /**
   * Adds a pod that is on the node that its spec names.
   * @throws InvalidObjectError naming each wrong field; PeapodError `NotFound` when there is no such node,
   * `AlreadyExists` when the pod is on a node already
   */
  addPod(pod: Pod): PodInfo {
    const { nodeName, ...spec } = pod.spec ?? { containers: [] };
    const info = { ...this.readPod({ ...pod, spec }), pod };
    this.place(info, this.slotOf(nodeName ?? ''));
    return info;
  }

  /** @throws PeapodError `AlreadyExists` when the pod is on a node already */
  place(pod: PodInfo, slot: number): void {
    if (this.#pods.has(pod.key)) {
      throw new PeapodError('AlreadyExists', `pod ${JSON.stringify(podName(pod))} is on a node already`);
    }
    this.#pods.set(pod.key, pod);
    const list = this.nodes.pods[slot] ?? [];
    pod.slot = slot;
    pod.position = list.length;
    list.push(pod);
    this.#account(pod, slot, 1);
    this.#joinGang(pod);
    this.#noted(slot, () => this.remove(pod));
  }

  /** Takes a pod from its node. */
  remove(pod: PodInfo): void {
    const { slot } = pod;
    if (slot === NOWHERE) return;
    this.#pods.delete(pod.key);
    const list = this.nodes.pods[slot] ?? [];
    const last = list.pop();
    if (last !== undefined && last !== pod) {
      list[pod.position] = last;
      last.position = pod.position;
    }
    pod.slot = NOWHERE;
    pod.position = NOWHERE;
    this.#account(pod, slot, -1);
    if (pod.gang !== undefined) this.#gangs.get(pod.gang)?.delete(pod);
    this.#noted(slot, () => this.place(pod, slot));
  }

  #joinGang(pod: PodInfo): void {
    if (pod.gang === undefined) return;
    const members = this.#gangs.get(pod.gang) ?? new Set();
    this.#gangs.set(pod.gang, members.add(pod));
  }

  /** Labels of a namespace, which namespace selectors look at; without labels it is forgotten. */
  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    this.population.setNamespace(name, labels && readLabels(labels));
  }

  /** To be called after `objects` changed. */
  objectsChanged(): void {
    this.objectsEpoch++;
  }

  /** @throws PeapodError `NotFound` when there is no such node */
  slotOf(name: string): number {
    const slot = this.nodes.slotOf(name);
    if (slot === undefined) throw new PeapodError('NotFound', `node ${JSON.stringify(name)} not found`);
    return slot;
  }

  /** Does `work`, then takes back what it changed of nodes and pods. */
  attempt<Result>(work: () => Result): Result {
    const mark = this.begin();
    try {
      return work();
    } finally {
      this.rollback(mark);
    }
  }

  /** From here on changes of nodes and pods are remembered. Each `begin` needs one `rollback` or `commit`. */
  begin(): TransactionMark {
    this.#openTransactions++;
    return this.#journal.length;
  }

  /** Takes back what changed since; transactions begun later must have ended. */
  rollback(mark: TransactionMark): void {
    const undo = this.#journal.splice(mark);
    const journal = this.#journal;
    this.#journal = [];
    for (const step of undo.toReversed()) step();
    this.#journal = journal;
    this.#end();
  }

  /** Keeps what changed since, unless an outer transaction takes it back. */
  commit(_mark: TransactionMark): void {
    this.#end();
  }

  #end(): void {
    this.#openTransactions--;
    if (this.#openTransactions === 0) this.#journal = [];
  }

  #insertNode(info: NodeInfo): void {
    if (this.nodes.slotOf(info.name) !== undefined) {
      throw new PeapodError(
        'AlreadyExists',
        `metadata.name: Duplicate value: ${JSON.stringify(info.name)}: there is such a node already`,
      );
    }
    const slot = this.nodes.insert(info);
    this.columns.set(slot, info);
    this.population.setNode(slot);
    this.images.add(info, 1);
    this.#noted(slot, () => this.#deleteNode(slot));
  }

  #deleteNode(slot: number): void {
    const info = this.nodes.info(slot);
    this.population.clearNode(slot);
    this.columns.clear(slot);
    this.images.add(info, -1);
    this.nodes.remove(slot);
    this.#noted(slot, () => this.#insertNode(info));
  }

  #replaceNode(slot: number, info: NodeInfo): void {
    const old = this.nodes.info(slot);
    const pods = this.nodes.podsOn(slot);
    for (const pod of pods) this.#account(pod, slot, -1);
    this.population.clearNode(slot);
    this.images.add(old, -1);
    this.nodes.replace(slot, info);
    this.images.add(info, 1);
    this.columns.set(slot, info);
    this.population.setNode(slot);
    for (const pod of pods) this.#account(pod, slot, 1);
    this.#noted(slot, () => this.#replaceNode(slot, old));
  }

  #noted(slot: number, undo: () => void): void {
    this.changes.push(slot, this.nodes.count);
    if (this.#openTransactions > 0) this.#journal.push(undo);
  }

  #account({ template, terminating }: PodInfo, slot: number, sign: 1 | -1): void {
    const { nodes } = this;
    const { shape, affinity, groupKey, namespace, labels } = template;
    for (let index = 0; index < shape.columns.length; index++) {
      const requested = nodes.requested[shape.columns[index] ?? CPU];
      if (requested) requested[slot] = (requested[slot] ?? 0) + sign * (shape.amounts[index] ?? 0);
    }
    nodes.assumedCpu[slot] = (nodes.assumedCpu[slot] ?? 0) + sign * shape.assumedCpu;
    nodes.assumedMemory[slot] = (nodes.assumedMemory[slot] ?? 0) + sign * shape.assumedMemory;
    nodes.podCount[slot] = (nodes.podCount[slot] ?? 0) + sign;
    nodes.updateDigest(slot);
    for (const { ip, protocol, port } of shape.hostPorts) {
      this.hostPorts.add(slot, `${port}/${protocol}/${ip}`, sign);
    }
    for (const claim of shape.claims) this.claims.add(slot, claim, sign);
    const key = terminating ? `${groupKey} terminating` : groupKey;
    this.population.addPods(key, { namespace, labels, terminating }, slot, sign);
    for (const { counter, weight } of affinity.owned) counter.add(slot, sign * weight, sign);
  }
}
