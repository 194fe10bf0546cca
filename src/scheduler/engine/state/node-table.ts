/**
 * The nodes as a structure of arrays. Each node has a slot, which it keeps as long as it is there; `live` lists the
 * slots in use. Arrays are replaced when they grow, so read them anew for each use.
 */
import type { PodInfo } from '../pod/pod-info.ts';
import { grownFloats, grownInts } from './growing-arrays.ts';
import type { NodeInfo } from './node-info.ts';
import { CPU, MEMORY, ResourceTable } from './resource-table.ts';

/** The places of a node's numbers in `digest`, from `slot * DIGEST` on. */
export const DIGEST = 8;
export const FREE_PODS = 0;
export const FREE_CPU = 1;
export const FREE_MEMORY = 2;
/** As free, with the requests that are assumed. */
export const LIKELY_CPU = 3;
export const LIKELY_MEMORY = 4;
/** 100 / allocatable, and 0 where there is nothing: to multiply with is faster than to divide by. */
export const PERCENT_CPU = 5;
export const PERCENT_MEMORY = 6;

export class NodeTable {
  readonly resources = new ResourceTable();
  readonly infos: (NodeInfo | undefined)[] = [];
  readonly pods: PodInfo[][] = [];
  /** By resource column, then slot. */
  readonly allocatable: Float64Array<ArrayBuffer>[] = [];
  readonly requested: Float64Array<ArrayBuffer>[] = [];
  /**
   * What the scan of all nodes looks at, of one node side by side: going over one array is far faster than over ten.
   */
  digest = new Float64Array(0);
  /** The most that a node has of each resource, or had. */
  readonly largest: number[] = [];
  /** As requested, where a container that asks for nothing counts as 100m and 200Mi. */
  assumedCpu = new Float64Array(0);
  assumedMemory = new Float64Array(0);
  allowedPods = new Float64Array(0);
  podCount = new Int32Array(0);
  live = new Int32Array(0);
  count = 0;
  capacity = 0;
  readonly #slots = new Map<string, number>();
  #positions = new Int32Array(0);
  readonly #free: number[] = [];

  slotOf(name: string): number | undefined {
    return this.#slots.get(name);
  }

  info(slot: number): NodeInfo {
    const info = this.infos[slot];
    if (info === undefined) throw new Error(`no node in slot ${slot}`);
    return info;
  }

  podsOn(slot: number): readonly PodInfo[] {
    return this.pods[slot] ?? [];
  }

  names(): IterableIterator<string> {
    return this.#slots.keys();
  }

  /** A slot for a new node, whose numbers are set. */
  insert(info: NodeInfo): number {
    const slot = this.#free.pop() ?? this.infos.length;
    this.infos[slot] = info;
    this.pods[slot] = [];
    this.#reserve(slot + 1);
    this.#slots.set(info.name, slot);
    this.#positions[slot] = this.count;
    this.live[this.count++] = slot;
    this.#setAmounts(slot, info);
    return slot;
  }

  replace(slot: number, info: NodeInfo): void {
    this.infos[slot] = info;
    this.#setAmounts(slot, info);
  }

  remove(slot: number): void {
    const info = this.info(slot);
    const position = this.#positions[slot] ?? 0;
    const last = this.live[--this.count] ?? 0;
    this.live[position] = last;
    this.#positions[last] = position;
    this.#slots.delete(info.name);
    this.infos[slot] = undefined;
    this.#free.push(slot);
  }

  /** The arrays of a resource, made when it is new. */
  column(name: string): number {
    const column = this.resources.column(name);
    this.#reserveColumns();
    return column;
  }

  #setAmounts(slot: number, info: NodeInfo): void {
    for (const name of info.allocatable.keys()) this.resources.column(name);
    this.#reserveColumns();
    for (const [column, array] of this.allocatable.entries()) {
      const amount = info.allocatable.get(this.resources.nameOf(column)) ?? 0;
      array[slot] = amount;
      this.largest[column] = Math.max(this.largest[column] ?? 0, amount);
    }
    this.allowedPods[slot] = info.allowedPods;
    this.updateDigest(slot);
  }

  /** To be called when a node's numbers changed. */
  updateDigest(slot: number): void {
    const { digest } = this;
    const start = slot * DIGEST;
    const cpu = this.allocatable[CPU]?.[slot] ?? 0;
    const memory = this.allocatable[MEMORY]?.[slot] ?? 0;
    digest[start + FREE_PODS] = (this.allowedPods[slot] ?? 0) - (this.podCount[slot] ?? 0);
    digest[start + FREE_CPU] = cpu - (this.requested[CPU]?.[slot] ?? 0);
    digest[start + FREE_MEMORY] = memory - (this.requested[MEMORY]?.[slot] ?? 0);
    digest[start + LIKELY_CPU] = cpu - (this.assumedCpu[slot] ?? 0);
    digest[start + LIKELY_MEMORY] = memory - (this.assumedMemory[slot] ?? 0);
    digest[start + PERCENT_CPU] = cpu === 0 ? 0 : 100 / cpu;
    digest[start + PERCENT_MEMORY] = memory === 0 ? 0 : 100 / memory;
  }

  #reserve(needed: number): void {
    if (needed <= this.capacity) return;
    this.capacity = Math.max(needed, this.capacity * 2, 64);
    const { capacity } = this;
    for (const [column, array] of this.allocatable.entries()) {
      this.allocatable[column] = grownFloats(array, capacity);
      this.requested[column] = grownFloats(this.requested[column] ?? array, capacity);
    }
    this.assumedCpu = grownFloats(this.assumedCpu, capacity);
    this.assumedMemory = grownFloats(this.assumedMemory, capacity);
    this.allowedPods = grownFloats(this.allowedPods, capacity);
    this.podCount = grownInts(this.podCount, capacity);
    this.digest = grownFloats(this.digest, capacity * DIGEST);
    this.live = grownInts(this.live, capacity);
    this.#positions = grownInts(this.#positions, capacity);
  }

  #reserveColumns(): void {
    while (this.allocatable.length < this.resources.names.length) {
      this.allocatable.push(new Float64Array(this.capacity));
      this.requested.push(new Float64Array(this.capacity));
    }
  }
}
