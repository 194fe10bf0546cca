export interface PrometheusSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number;
}

/** One metric in Prometheus' text format. */
export function prometheusText(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly PrometheusSample[],
): string {
  const lines = samples.map(({ labels, value, timestamp }) => {
    return `${name}${labelText(labels)} ${value}${timestamp === undefined ? '' : ` ${timestamp}`}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** `{node="a",le="1"}`; empty where there are none. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
