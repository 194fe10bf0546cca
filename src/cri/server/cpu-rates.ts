interface Sample {
  readonly atMs: number;
  readonly nanoSeconds: number;
}

/** A rate over less is noise. */
const SHORTEST_MS = 1_000;

/** How much of the CPU is used now, from what had been used when it was last asked. */
export class CpuRates {
  readonly #samples = new Map<string, { last: Sample; rate: number | undefined }>();

  /** @returns nanoseconds of CPU per second; nothing until the second sample */
  rate(id: string, sample: Sample): number | undefined {
    const known = this.#samples.get(id);
    if (known === undefined) this.#samples.set(id, { last: sample, rate: undefined });
    const passedMs = sample.atMs - (known?.last.atMs ?? sample.atMs);
    if (known === undefined || passedMs < SHORTEST_MS) return known?.rate;
    const rate = Math.max(0, (sample.nanoSeconds - known.last.nanoSeconds) / (passedMs / 1000));
    this.#samples.set(id, { last: sample, rate });
    return rate;
  }

  /** Forgets all but these. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of this.#samples.keys()) if (!ids.has(id)) this.#samples.delete(id);
  }
}
