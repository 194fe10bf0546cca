const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/;

/**
 * A time as Kubernetes writes it, in UTC, however the client wrote it; nothing when it is no time. JavaScript's clients write
 * milliseconds, others their own time zone: the same time is to be the same text.
 */
export function normalTime(value: unknown, precision: 'time' | 'microtime'): string | undefined {
  const [, seconds = '', fraction = '', zone = ''] = RFC3339.exec(String(value)) ?? [];
  const at = Date.parse(`${seconds}${zone}`);
  if (typeof value !== 'string' || Number.isNaN(at)) return undefined;
  const whole = new Date(at).toISOString().slice(0, -5);
  return precision === 'time' ? `${whole}Z` : `${whole}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}
