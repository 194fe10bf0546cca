import { prometheusText } from './prometheus-text.ts';

/** When what happened, in milliseconds since the epoch. */
interface Times {
  readonly booted: number;
  readonly started: number;
  registering?: number;
  registered?: number;
  ready?: number;
}

/**
 * How long a node took to come up, under the kubelet's names. As the kubelet's they are told of a node that is new, not of one that comes back.
 * @see kubernetes/pkg/kubelet/util/node_startup_latency_tracker.go
 */
export class NodeStartup {
  readonly #times: Times;

  constructor(times: { readonly booted: number; readonly started: number }) {
    this.#times = { ...times };
  }

  registering(at: number): void {
    this.#times.registering ??= at;
  }

  /** The node was not known before. */
  registered(at: number): void {
    this.#times.registered ??= at;
  }

  ready(at: number): void {
    this.#times.ready ??= at;
  }

  text(): string {
    const { booted, started, registering, registered, ready } = this.#times;
    if (registering === undefined || registered === undefined || ready === undefined) return '';
    const parts: [string, string, number][] = [
      ['', 'in total', ready - booted],
      ['pre_kubelet_', 'before kubelet starts', started - booted],
      ['pre_registration_', 'before registration', registering - started],
      ['registration_', 'during registration', registered - registering],
      ['post_registration_', 'after registration', ready - registered],
    ];
    return parts
      .map(([part, when, ms]) =>
        prometheusText(
          `kubelet_node_startup_${part}duration_seconds`,
          'gauge',
          `Duration in seconds of node startup ${when}.`,
          [{ labels: {}, value: Math.max(0, ms) / 1000 }],
        ),
      )
      .join('');
  }
}
