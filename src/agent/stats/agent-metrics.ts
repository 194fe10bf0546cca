import { exponentialBounds, LabelledHistogram } from './labelled-histogram.ts';
import type { NodeStartup } from './node-startup.ts';
import { type PrometheusSample, prometheusText } from './prometheus-text.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const POD_START_SECONDS = [0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600];

/** What the agent counts of its own work, under the kubelet's names. @see kubernetes/pkg/kubelet/metrics/metrics.go */
export class AgentMetrics {
  readonly #operations = new Counter(
    'kubelet_runtime_operations_total',
    'Cumulative number of runtime operations by operation type.',
    'operation_type',
  );
  readonly #failures = new Counter(
    'kubelet_runtime_operations_errors_total',
    'Cumulative number of runtime operation errors by operation type.',
    'operation_type',
  );
  readonly #evictions = new Counter(
    'kubelet_evictions',
    'Cumulative number of pod evictions by eviction signal',
    'eviction_signal',
  );
  readonly #operationSeconds = new LabelledHistogram(
    'kubelet_runtime_operations_duration_seconds',
    'Duration in seconds of runtime operations. Broken down by operation type.',
    exponentialBounds(0.005, 2.5, 14),
  );
  readonly #workerSeconds = new LabelledHistogram(
    'kubelet_pod_worker_duration_seconds',
    'Duration in seconds to sync a single pod. Broken down by operation type: create, update, or sync',
    SECONDS,
  );
  readonly #startSeconds = new LabelledHistogram(
    'kubelet_pod_start_duration_seconds',
    'Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run',
    POD_START_SECONDS,
  );

  readonly #relistSeconds = new LabelledHistogram(
    'kubelet_pleg_relist_duration_seconds',
    'Duration in seconds for relisting pods in PLEG.',
    SECONDS,
  );
  readonly #relistInterval = new LabelledHistogram(
    'kubelet_pleg_relist_interval_seconds',
    'Interval in seconds between relisting in PLEG.',
    SECONDS,
  );
  #relistedAt: number | undefined;
  /** Of the node, where it has one of its own. */
  startup: NodeStartup | undefined;

  /** All that runs was looked at. @param at when that began, in milliseconds since the epoch */
  relisted(at: number, seconds: number): void {
    this.#relistSeconds.observe(seconds);
    if (this.#relistedAt !== undefined) this.#relistInterval.observe((at - this.#relistedAt) / 1000);
    this.#relistedAt = at;
  }

  operation(type: string, seconds: number): void {
    this.#operations.count(type);
    this.#operationSeconds.observe(seconds, { operation_type: type });
  }

  operationFailed(type: string): void {
    this.#failures.count(type);
  }

  synced(type: 'create' | 'sync', seconds: number): void {
    this.#workerSeconds.observe(seconds, { operation_type: type });
  }

  /** All containers of a pod run for the first time. */
  started(seconds: number): void {
    this.#startSeconds.observe(seconds);
  }

  evicted(signal: string): void {
    this.#evictions.count(signal);
  }

  text(): string {
    return [
      this.#evictions,
      this.#startSeconds,
      this.#workerSeconds,
      this.#operationSeconds,
      this.#failures,
      this.#operations,
      this.#relistSeconds,
      this.#relistInterval,
    ]
      .map((metric) => metric.text())
      .concat(this.#lastRelist(), DISCARDED, this.startup?.text() ?? '')
      .join('');
  }

  #lastRelist(): string {
    const samples = this.#relistedAt === undefined ? [] : [{ labels: {}, value: this.#relistedAt / 1000 }];
    const help = 'Timestamp in seconds when PLEG was last seen active.';
    return prometheusText('kubelet_pleg_last_seen_seconds', 'gauge', help, samples);
  }
}

/** The kubelet's queue of them may overflow; here each waits until it is taken. */
const DISCARDED = prometheusText(
  'kubelet_pleg_discard_events',
  'counter',
  'The number of discard events in PLEG.',
  [{ labels: {}, value: 0 }],
);

class Counter {
  readonly #name: string;
  readonly #help: string;
  readonly #label: string;
  readonly #counts = new Map<string, number>();

  constructor(name: string, help: string, label: string) {
    this.#name = name;
    this.#help = help;
    this.#label = label;
  }

  count(value: string): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
  }

  text(): string {
    const samples = [...this.#counts].map(
      ([label, value]): PrometheusSample => ({ labels: { [this.#label]: label }, value }),
    );
    return prometheusText(this.#name, 'counter', this.#help, samples);
  }
}
