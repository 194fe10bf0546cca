import type { Event } from '../../model/api/types.ts';
import { colouredStatus } from '../output/status-colour.ts';
import { type Painter, printable } from '../output/terminal.ts';

/** The oldest first. @see kubernetes/staging/src/k8s.io/kubectl/pkg/describe/describe.go DescribeEvents */
export function eventLines(
  events: readonly Event[],
  age: (time: string | undefined) => string,
  painter: Painter,
): string[] {
  const inOrder = [...events].sort((a, b) => timeOf(a) - timeOf(b));
  return [
    'Events:',
    '  Type\tReason\tAge\tFrom\tMessage',
    '  ----\t------\t----\t----\t-------',
    ...inOrder.map((event) => {
      const from = event.source?.component || (event.reportingComponent ?? '');
      const message = printable((event.message ?? '').trim());
      return `  ${colouredStatus(painter, event.type ?? '')}\t${event.reason ?? ''}\t${interval(event, age)}\t${from}\t${message}`;
    }),
  ];
}

/** `5m`, or `5s (x3 over 2m)` where it happened more than once. */
export function interval(event: Event, age: (time: string | undefined) => string): string {
  const { eventTime, firstTimestamp, lastTimestamp, series, count = 0 } = event;
  const first = age(eventTime ?? firstTimestamp);
  if (series != null) return `${age(series.lastObservedTime)} (x${series.count ?? 0} over ${first})`;
  return count > 1 ? `${age(lastTimestamp)} (x${count} over ${first})` : first;
}

function timeOf({ lastTimestamp }: Event): number {
  return lastTimestamp == null ? Number.NEGATIVE_INFINITY : Date.parse(lastTimestamp);
}
