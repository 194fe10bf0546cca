/** Spans as Chrome trace JSON, which ui.perfetto.dev and chrome://tracing draw. */

export interface Span {
  name: string;
  /** What it belongs to: the command, a sandbox, a container. Drawn under one heading. */
  lane: string;
  startMs: number;
  endMs: number;
  /** Set when it failed. */
  error?: string;
}

interface Row {
  tid: number;
  /** Ends of the spans that are open, the innermost last. */
  open: number[];
}

/**
 * Spans of a lane lie within one another on one row; those that overlap otherwise, because they ran in parallel, get rows of their own.
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU Trace Event Format
 */
export function chromeTrace(spans: readonly Span[], pid: number): string {
  const lanes = new Map<string, Row[]>();
  let lastTid = 0;
  const names: object[] = [];
  const ordered = [...spans].sort((a, b) => a.startMs - b.startMs || b.endMs - a.endMs);
  const events = ordered.map((span) => {
    const rows = lanes.get(span.lane) ?? [];
    lanes.set(span.lane, rows);
    let row = rows.find((candidate) => takes(candidate, span));
    if (row === undefined) {
      row = { tid: ++lastTid, open: [] };
      rows.push(row);
      names.push({ ph: 'M', name: 'thread_name', pid, tid: row.tid, args: { name: span.lane } });
    }
    row.open.push(span.endMs);
    return {
      ph: 'X',
      name: span.name,
      pid,
      tid: row.tid,
      ts: toMicroseconds(span.startMs),
      dur: toMicroseconds(span.endMs) - toMicroseconds(span.startMs),
      ...(span.error === undefined ? {} : { args: { error: span.error } }),
    };
  });
  return JSON.stringify({ displayTimeUnit: 'ms', traceEvents: [...names, ...events] });
}

/** Whether the span begins after all that is open on the row, or lies within the innermost. */
function takes(row: Row, { startMs, endMs }: Span): boolean {
  while ((row.open.at(-1) ?? Infinity) <= startMs) row.open.pop();
  return endMs <= (row.open.at(-1) ?? Infinity);
}

function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000);
}
