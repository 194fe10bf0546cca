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
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    const shown = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
    return `${name}${shown} ${value}${timestamp === undefined ? '' : ` ${timestamp}`}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
