/** Things that pods hold on nodes: host ports and claims, counted. */
export class Usage {
  readonly #byNode = new Map<number, Map<string, number>>();
  readonly #everywhere = new Map<string, number>();

  add(slot: number, name: string, amount: number): void {
    const onNode = this.#byNode.get(slot) ?? new Map<string, number>();
    this.#byNode.set(slot, onNode);
    change(onNode, name, amount);
    change(this.#everywhere, name, amount);
    if (onNode.size === 0) this.#byNode.delete(slot);
  }

  on(slot: number): ReadonlyMap<string, number> | undefined {
    return this.#byNode.get(slot);
  }

  /** On all nodes together. */
  total(name: string): number {
    return this.#everywhere.get(name) ?? 0;
  }

  get isEmpty(): boolean {
    return this.#byNode.size === 0;
  }
}

function change(counts: Map<string, number>, name: string, amount: number): void {
  const count = (counts.get(name) ?? 0) + amount;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}
