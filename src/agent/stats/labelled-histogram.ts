import { labelText } from './prometheus-text.ts';

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Of each bucket alone, the one without bound last. */
  readonly counts: number[];
  sum: number;
}

/** A Prometheus histogram, a series for each set of labels. */
export class LabelledHistogram {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  /** @param bounds of the buckets, rising */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
  }

  observe(value: number, labels: Readonly<Record<string, string>> = {}): void {
    const key = JSON.stringify(labels);
    const series = this.#series.get(key) ?? {
      labels,
      counts: Array.from({ length: this.#bounds.length + 1 }, () => 0),
      sum: 0,
    };
    this.#series.set(key, series);
    const found = this.#bounds.findIndex((bound) => value <= bound);
    const bucket = found < 0 ? this.#bounds.length : found;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += value;
  }

  text(): string {
    const lines = [...this.#series.values()].flatMap(({ labels, counts, sum }) => {
      let total = 0;
      const buckets = counts.map((count, index) => {
        total += count;
        const le = String(this.#bounds[index] ?? '+Inf');
        return `${this.#name}_bucket${labelText({ ...labels, le })} ${total}\n`;
      });
      const shown = labelText(labels);
      return [...buckets, `${this.#name}_sum${shown} ${sum}\n`, `${this.#name}_count${shown} ${total}\n`];
    });
    return `# HELP ${this.#name} ${this.#help}\n# TYPE ${this.#name} histogram\n${lines.join('')}`;
  }
}

/** So many bounds, each so many times the one before. */
export function exponentialBounds(first: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Number((first * factor ** index).toPrecision(6)));
}
