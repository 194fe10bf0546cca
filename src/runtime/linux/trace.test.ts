import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chromeTrace } from './chrome-trace.ts';
import { startTrace, traced } from './trace.ts';

interface TraceEvent {
  ph: string;
  name: string;
  tid: number;
  ts: number;
  dur: number;
  args?: { name?: string; error?: string };
}

function eventsOf(json: string): TraceEvent[] {
  return (JSON.parse(json) as { traceEvents: TraceEvent[] }).traceEvents;
}

function find(events: readonly TraceEvent[], name: string): TraceEvent {
  const event = events.find((candidate) => candidate.name === name);
  assert.ok(event, `no span "${name}"`);
  return event;
}

test('a trace has each step within its caller, in the lane of that, with its failure', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'trace-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'trace.json');
  {
    using _ = startTrace(file);
    const work = traced(
      'outer',
      () => traced('inner', () => Promise.reject(new Error('full'))),
      'container a',
    );
    await assert.rejects(work, /full/);
  }
  await traced('too late', () => Promise.resolve());

  const events = eventsOf(readFileSync(file, 'utf8'));
  const outer = find(events, 'outer');
  const inner = find(events, 'inner');
  assert.equal(inner.tid, outer.tid);
  assert.ok(inner.ts >= outer.ts && inner.ts + inner.dur <= outer.ts + outer.dur);
  assert.equal(inner.args?.error, 'Error: full');
  assert.ok(
    events.some(({ ph, tid, args }) => ph === 'M' && tid === outer.tid && args?.name === 'container a'),
  );
  assert.equal(find(events, 'start of the process').ts, 0);
  assert.ok(!events.some(({ name }) => name === 'too late'));
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('steps of a lane that ran in parallel get rows of their own, nested and later ones do not', () => {
  const span = (name: string, startMs: number, endMs: number) => ({ name, lane: 'l', startMs, endMs });
  const spans = [span('a', 0, 10), span('within', 2, 4), span('parallel', 5, 15), span('later', 20, 21)];
  const events = eventsOf(chromeTrace(spans, 1));
  const row = (name: string) => find(events, name).tid;
  assert.equal(row('within'), row('a'));
  assert.notEqual(row('parallel'), row('a'));
  assert.equal(row('later'), row('a'));
});

test('a trace that cannot be written is an error at once', () => {
  assert.throws(() => startTrace('/proc/self/nowhere/trace.json'), /ENOENT/);
});
