/** The domains of one topology key: each of the label's values has a number. */
import { grownInts } from './growing-arrays.ts';
import type { NodeInfo } from './node-info.ts';

/** Stands for a key by which every node is a domain of its own. */
export const EACH_NODE = '';

/** The domain of a node that lacks the key. */
export const NO_DOMAIN = -1;

export class Topology {
  readonly key: string;
  readonly values: string[] = [];
  /** By slot. */
  domainOf = new Int32Array(0);
  /** How many nodes lack the key. */
  missing = 0;
  readonly #domains = new Map<string, number>();

  constructor(key: string) {
    this.key = key;
  }

  set(slot: number, info: NodeInfo): void {
    this.domainOf = grownInts(this.domainOf, slot + 1, NO_DOMAIN);
    const value = this.key === EACH_NODE ? info.name : info.labels.get(this.key);
    this.domainOf[slot] = value === undefined ? NO_DOMAIN : this.domain(value);
    if (value === undefined) this.missing++;
  }

  /** To be called for a node that was set. */
  clear(slot: number): void {
    if (this.domainOf[slot] === NO_DOMAIN) this.missing--;
    this.domainOf[slot] = NO_DOMAIN;
  }

  domain(value: string): number {
    const known = this.#domains.get(value);
    if (known !== undefined) return known;
    const domain = this.values.length;
    this.values.push(value);
    this.#domains.set(value, domain);
    return domain;
  }
}
