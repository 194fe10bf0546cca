/** Sums per domain of a topology: matching pods, or the weights of pods that own a term. */
import { grownFloats, grownInts } from './growing-arrays.ts';
import type { NodeColumn } from './node-column.ts';
import { NO_DOMAIN, type Topology } from './topology.ts';

export class DomainCounter {
  readonly topology: Topology;
  /** Only nodes whose number is 0 count; without it, all. */
  readonly excluded: NodeColumn | undefined;
  sums = new Float64Array(0);
  /** How many nodes of each domain count. */
  nodes = new Int32Array(0);
  /** How many domains have nodes that count. */
  domains = 0;
  /** How many entries are added up in all domains together. */
  entries = 0;

  constructor(topology: Topology, excluded: NodeColumn | undefined) {
    this.topology = topology;
    this.excluded = excluded;
  }

  add(slot: number, amount: number, entries: number): void {
    const domain = this.#domainOf(slot);
    if (domain === NO_DOMAIN) return;
    this.sums[domain] = (this.sums[domain] ?? 0) + amount;
    this.entries += entries;
  }

  addNode(slot: number): void {
    const domain = this.#domainOf(slot);
    if (domain === NO_DOMAIN) return;
    if (this.nodes[domain] === 0) this.domains++;
    this.nodes[domain] = (this.nodes[domain] ?? 0) + 1;
  }

  removeNode(slot: number): void {
    const domain = this.#domainOf(slot);
    if (domain === NO_DOMAIN) return;
    this.nodes[domain] = (this.nodes[domain] ?? 0) - 1;
    if (this.nodes[domain] === 0) this.domains--;
  }

  /** The least sum over the domains that count; Infinity when there is none. */
  least(): number {
    const { sums, nodes } = this;
    const length = this.topology.values.length;
    let least = Number.POSITIVE_INFINITY;
    for (let domain = 0; domain < length; domain++) {
      const sum = sums[domain] ?? 0;
      if (sum < least && (nodes[domain] ?? 0) > 0) least = sum;
    }
    return least;
  }

  /** The arrays reach to the last domain. */
  #domainOf(slot: number): number {
    if (this.excluded !== undefined && this.excluded.values[slot] !== 0) return NO_DOMAIN;
    const domain = this.topology.domainOf[slot] ?? NO_DOMAIN;
    if (domain >= this.nodes.length) this.reserve();
    return domain;
  }

  reserve(): void {
    const length = this.topology.values.length;
    this.sums = grownFloats(this.sums, length);
    this.nodes = grownInts(this.nodes, length);
  }
}
