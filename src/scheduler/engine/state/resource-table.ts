/** The columns of the resource tables: each resource's name has a number. */
export class ResourceTable {
  readonly names: string[] = [];
  readonly #columns = new Map<string, number>();

  constructor() {
    for (const name of ['cpu', 'memory', 'ephemeral-storage']) this.column(name);
  }

  column(name: string): number {
    const known = this.#columns.get(name);
    if (known !== undefined) return known;
    const column = this.names.length;
    this.names.push(name);
    this.#columns.set(name, column);
    return column;
  }

  find(name: string): number | undefined {
    return this.#columns.get(name);
  }

  nameOf(column: number): string {
    return this.names[column] ?? '';
  }
}

export const CPU = 0;
export const MEMORY = 1;
