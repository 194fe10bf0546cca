import type { RejectionDetail } from '../../scheduler/engine/decision.ts';

const UNITS = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'];

/** What is short, with numbers: `memory: needs 3Gi, 2.5Gi free`. */
export function rejectionNumbers(details: readonly RejectionDetail[]): string[] {
  return details.flatMap((detail) => {
    if (detail.kind === 'ports') return [`taken: host port ${detail.ports.join(', ')}`];
    if (detail.kind !== 'resource') return [];
    const { resource, needed, free } = detail;
    return [`${resource}: needs ${amount(resource, needed)}, ${amount(resource, Math.max(0, free))} free`];
  });
}

function amount(resource: string, value: number): string {
  if (resource === 'cpu') return value % 1000 === 0 ? String(value / 1000) : `${value}m`;
  const isBytes =
    resource === 'memory' || resource === 'ephemeral-storage' || resource.startsWith('hugepages-');
  if (!isBytes) return String(value);
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && unit < UNITS.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${Number(scaled.toFixed(1))}${UNITS[unit] ?? ''}`;
}
