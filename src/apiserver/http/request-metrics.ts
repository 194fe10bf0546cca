import type { RequestInfo } from './request-info.ts';

const BUCKETS_SECONDS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];

interface Series {
  count: number;
  sum: number;
  readonly buckets: number[];
}

/** How many requests there were, and how long they took, under kube-apiserver's names. */
export class RequestMetrics {
  readonly #requests = new Map<string, number>();
  readonly #durations = new Map<string, Series>();

  observe(info: RequestInfo | undefined, method: string, code: number, durationMs: number): void {
    const verb = info?.resource === undefined ? method.toUpperCase() : info.verb.toUpperCase();
    const { group = '', version = '', resource = '', subresource = '' } = info?.resource ?? {};
    // What nobody serves must not become a label, or clients could fill the memory.
    const known = code === 404 || code === 405 ? '' : resource;
    const labels = `group="${known && group}",resource="${known}",subresource="${known && subresource}",verb="${verb.slice(0, 20)}",version="${known && version}"`;
    const counter = `code="${code}",${labels}`;
    this.#requests.set(counter, (this.#requests.get(counter) ?? 0) + 1);
    if (verb === 'WATCH') return;
    let series = this.#durations.get(labels);
    if (series === undefined) {
      series = { count: 0, sum: 0, buckets: BUCKETS_SECONDS.map(() => 0) };
      this.#durations.set(labels, series);
    }
    const seconds = durationMs / 1000;
    series.count += 1;
    series.sum += seconds;
    for (let index = BUCKETS_SECONDS.length - 1; seconds <= (BUCKETS_SECONDS[index] ?? -1); index -= 1)
      series.buckets[index] = (series.buckets[index] ?? 0) + 1;
  }

  /** In Prometheus' text format. */
  render(): string[] {
    const name = 'apiserver_request_duration_seconds';
    const lines = ['# TYPE apiserver_request_total counter'];
    for (const [labels, count] of this.#requests) lines.push(`apiserver_request_total{${labels}} ${count}`);
    lines.push(`# TYPE ${name} histogram`);
    for (const [labels, { count, sum, buckets }] of this.#durations) {
      for (const [index, bound] of BUCKETS_SECONDS.entries())
        lines.push(`${name}_bucket{${labels},le="${bound}"} ${buckets[index] ?? 0}`);
      lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`);
    }
    return lines;
  }
}
