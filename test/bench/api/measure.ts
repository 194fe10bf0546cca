/** What is measured of one server; each returns its figure in the unit of its name. */
import { readFileSync } from 'node:fs';
import type { Client, Folder, Subject } from './subject.ts';

export interface Creates {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** So many clients, each with a connection of its own, create one object after the other. */
export async function measureCreates(
  clients: readonly Client[],
  folder: Folder,
  from: number,
  count: number,
  pods: 'of one template' | 'that all differ' = 'of one template',
): Promise<Creates> {
  const timesMs: number[] = [];
  let next = from;
  const begin = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (next < from + count) {
        const name = nameOf(next++);
        const start = performance.now();
        await client.create(folder, name, pods === 'that all differ' ? name : undefined);
        timesMs.push(performance.now() - start);
      }
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  return { perSecond: count / seconds, p50Ms: quantile(timesMs, 0.5), p99Ms: quantile(timesMs, 0.99) };
}

/** One client asks for objects here and there. @returns the median */
export async function measureGetMs(client: Client, folder: Folder, count: number): Promise<number> {
  const timesMs: number[] = [];
  for (let run = 0; run < 500; run += 1) {
    const name = nameOf((run * 7919) % count);
    const start = performance.now();
    await client.get(folder, name);
    timesMs.push(performance.now() - start);
  }
  return median(timesMs);
}

/** @throws Error when the list does not hold as many as it should */
export async function measureListMs(client: Client, folder: Folder, expected: number): Promise<number> {
  const start = performance.now();
  const count = await client.list(folder);
  const tookMs = performance.now() - start;
  if (count < expected) throw new Error(`the list has ${count} objects instead of ${expected}`);
  return tookMs;
}

/** Watchers that stand; a fan-out is the time from a create's begin until the last has heard of it. */
export class FanOut implements Disposable {
  readonly #clients: readonly Client[];
  readonly #watchers: number;
  #heard = 0;
  #done = Promise.withResolvers<void>();

  private constructor(clients: readonly Client[], watchers: number) {
    this.#clients = clients;
    this.#watchers = watchers;
  }

  static async open(subject: Subject, folder: Folder, watchers: number): Promise<FanOut> {
    const perConnection = 100;
    const clients = await connectAll(subject, Math.ceil(watchers / perConnection));
    const fanOut = new FanOut(clients, watchers);
    for (let index = 0; index < watchers; index += 1)
      await clients[index % clients.length]?.watch(folder, () => fanOut.#hear());
    return fanOut;
  }

  async measureMs(client: Client, folder: Folder, name: string): Promise<number> {
    this.#heard = 0;
    this.#done = Promise.withResolvers();
    const start = performance.now();
    await client.create(folder, name);
    await this.#done.promise;
    return performance.now() - start;
  }

  #hear(): void {
    this.#heard += 1;
    if (this.#heard === this.#watchers) this.#done.resolve();
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients) client[Symbol.dispose]();
  }
}

export async function connectAll(subject: Subject, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let index = 0; index < count; index += 1) clients.push(await subject.connect());
  return clients;
}

/** Memory of a process in MB: what it has resident, and its fair share of that. */
export function memoryOf(pid: number): { rssMb: number; pssMb: number } {
  const kilobytes = (text: string, name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
  return {
    rssMb: kilobytes(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS') / 1024,
    pssMb: kilobytes(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss') / 1024,
  };
}

export function nameOf(index: number): string {
  return `bench-${String(index).padStart(6, '0')}`;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
