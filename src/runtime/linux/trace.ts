/** Measures the steps of this process while a trace is being recorded; costs one comparison while none is. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { chromeTrace, type Span } from './chrome-trace.ts';

const MAIN_LANE = 'peapod';

let recorded: Span[] | undefined;
const lanes = new AsyncLocalStorage<string>();

/**
 * Does the work, as a span of the trace when one is recorded.
 * @param lane what the work and all steps within it belong to; that of the caller unless told
 * @throws what the work throws
 */
export async function traced<T>(name: string, work: () => Promise<T>, lane?: string): Promise<T> {
  const spans = recorded;
  if (spans === undefined) return work();
  const span = { name, lane: lane ?? lanes.getStore() ?? MAIN_LANE, startMs: performance.now() };
  try {
    const result = await lanes.run(span.lane, work);
    spans.push({ ...span, endMs: performance.now() });
    return result;
  } catch (error) {
    spans.push({ ...span, endMs: performance.now(), error: String(error) });
    throw error;
  }
}

/**
 * Records from now on, and the time since the process began as its first span. Disposing writes the file, as root's alone: with the steps
 * that have ended.
 * @throws when the file cannot be written; nothing is recorded then
 */
export function startTrace(file: string): Disposable {
  const fd = openSync(file, 'w', 0o600);
  const spans: Span[] = [
    { name: 'start of the process', lane: MAIN_LANE, startMs: 0, endMs: performance.now() },
  ];
  recorded = spans;
  return {
    [Symbol.dispose]: () => {
      recorded = undefined;
      try {
        writeFileSync(fd, chromeTrace(spans, process.pid));
      } finally {
        closeSync(fd);
      }
    },
  };
}
