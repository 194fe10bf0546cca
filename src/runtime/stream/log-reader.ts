import type { FileHandle } from 'node:fs/promises';
import { watch } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type CriLogLine, parseCriLogLine } from './cri-log-line.ts';
import { findTail } from './find-tail.ts';
import { isSameFile, openLog } from './open-log.ts';

export interface LogOptions {
  /** Only the last so many lines there are now; all when absent. */
  tailLines?: number;
  /** Only what was written at or after this time, milliseconds since the epoch. */
  sinceMs?: number;
  /** Ends after so many bytes of output. */
  limitBytes?: number;
  /** Only this stream. */
  stream?: 'stdout' | 'stderr';
  /** Waits for more, across rotation, until `hasEnded` says that nobody writes any more. */
  follow?: boolean;
  hasEnded?: () => Promise<boolean>;
  signal?: AbortSignal;
}

/** A line of output, or a piece of one that is very long. */
export interface LogEntry {
  timestamp: string;
  stream: 'stdout' | 'stderr';
  /** With its newline, unless the line goes on or the container ended within it. */
  text: Buffer;
  /** Whether this goes on with the line of its stream that the entry before left open. */
  continued: boolean;
}

const BLOCK_BYTES = 64 * 1024;
const LONGEST_JOINED_BYTES = 256 * 1024;
const LONGEST_LINE_BYTES = 1024 * 1024;
const RECHECK_MS = 1000;
const NEWLINE = Buffer.from('\n');

/**
 * The output of a container from its CRI log file. Pieces of a line come joined, up to 256 KiB. An abort ends the iteration without an error.
 * @param directory the log directory: a path that leads out of it, or through a symlink, is refused
 * @param path absolute, below `directory`; when there is no such file (yet), there is nothing (yet)
 * @throws PeapodError Forbidden when the path leaves the directory or is no regular file
 */
export async function* readLog(
  directory: string,
  path: string,
  options: LogOptions = {},
): AsyncGenerator<LogEntry, void, undefined> {
  let budget = options.limitBytes ?? Number.POSITIVE_INFINITY;
  const joiner = new LineJoiner();
  for await (const line of readLines(directory, path, options)) {
    if (options.stream && line.stream !== options.stream) continue;
    if (options.sinceMs !== undefined && Date.parse(line.timestamp) < options.sinceMs) continue;
    const entry = joiner.add(line);
    if (!entry) continue;
    if (entry.text.length >= budget) {
      if (budget > 0) yield { ...entry, text: entry.text.subarray(0, budget) };
      return;
    }
    budget -= entry.text.length;
    yield entry;
  }
  for (const entry of joiner.rest()) yield { ...entry, text: entry.text.subarray(0, budget) };
}

/** Puts the pieces of each stream's line together. */
class LineJoiner {
  readonly #open = new Map<string, { entry: LogEntry; pieces: Buffer[]; bytes: number }>();
  readonly #cut = new Set<string>();

  add(line: CriLogLine): LogEntry | undefined {
    let open = this.#open.get(line.stream);
    if (!open) {
      const { timestamp, stream } = line;
      open = {
        entry: { timestamp, stream, text: Buffer.alloc(0), continued: this.#cut.delete(stream) },
        pieces: [],
        bytes: 0,
      };
      this.#open.set(stream, open);
    }
    open.pieces.push(line.text);
    open.bytes += line.text.length;
    if (line.partial && open.bytes < LONGEST_JOINED_BYTES) return undefined;
    this.#open.delete(line.stream);
    if (line.partial) this.#cut.add(line.stream);
    else open.pieces.push(NEWLINE);
    return { ...open.entry, text: Buffer.concat(open.pieces) };
  }

  rest(): LogEntry[] {
    return [...this.#open.values()].map(({ entry, pieces }) => ({ ...entry, text: Buffer.concat(pieces) }));
  }
}

async function* readLines(
  directory: string,
  path: string,
  options: LogOptions,
): AsyncGenerator<CriLogLine, void, undefined> {
  let file = await openLog(directory, path);
  let position = file && options.tailLines !== undefined ? await findTail(file, options.tailLines) : 0;
  let carry: Buffer = Buffer.alloc(0);
  const block = Buffer.alloc(BLOCK_BYTES);
  const changes = new ChangeSignal(options.follow ? dirname(path) : undefined, options.signal);
  try {
    while (!options.signal?.aborted) {
      const ended = options.follow ? ((await options.hasEnded?.()) ?? false) : true;
      for (;;) {
        const bytesRead = file ? (await file.read(block, 0, block.length, position)).bytesRead : 0;
        if (bytesRead === 0) break;
        position += bytesRead;
        const split = splitLines(carry, block.subarray(0, bytesRead));
        carry = split.rest;
        yield* split.lines;
        if (options.signal?.aborted) return;
      }
      const newer = await openLog(directory, path);
      if (newer && !(file && (await isSameFile(file, newer)))) {
        if (await hasMore(file, position)) {
          await newer.close();
          continue;
        }
        await file?.close();
        file = newer;
        position = 0;
        continue;
      }
      await newer?.close();
      if (ended) return;
      await changes.next();
    }
  } finally {
    changes.close();
    await file?.close();
  }
}

/** What was written to the old file between our last read and its being renamed away. */
async function hasMore(file: FileHandle | undefined, position: number): Promise<boolean> {
  return file !== undefined && (await file.stat()).size > position;
}

function splitLines(carry: Buffer, block: Buffer): { lines: CriLogLine[]; rest: Buffer } {
  const text = carry.length > 0 ? Buffer.concat([carry, block]) : Buffer.from(block);
  const lines: CriLogLine[] = [];
  let start = 0;
  for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, start)) {
    const line = parseCriLogLine(text.subarray(start, end));
    if (line) lines.push(line);
    start = end + 1;
  }
  const rest = text.subarray(start);
  return { lines, rest: rest.length > LONGEST_LINE_BYTES ? Buffer.alloc(0) : rest };
}

/** Wakes when something in the directory changes, and once a second at the latest. */
class ChangeSignal {
  readonly #stop = new AbortController();
  #wake: (() => void) | undefined;
  #changed = false;

  constructor(directory: string | undefined, signal: AbortSignal | undefined) {
    if (directory === undefined) return;
    signal?.addEventListener('abort', this.#notify, { signal: this.#stop.signal });
    void this.#watch(directory);
  }

  /** Resolves at the next change, or the last one if it was not waited for. */
  async next(): Promise<void> {
    if (!this.#changed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, RECHECK_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#changed = false;
    this.#wake = undefined;
  }

  close(): void {
    this.#stop.abort();
    this.#notify();
  }

  readonly #notify = (): void => {
    this.#changed = true;
    this.#wake?.();
  };

  async #watch(directory: string): Promise<void> {
    try {
      for await (const _ of watch(directory, { signal: this.#stop.signal })) this.#notify();
    } catch {
      // Aborted, or the directory cannot be watched: the second's tick remains.
    }
  }
}
