/** Which of the cases that there are a lab tries, and what became of each. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CaseOptions {
  /**
   * A folder with a file for each case that somebody tries or has tried. Labs that work at the same time divide the cases by it: whoever comes
   * first to one has it. Without one a lab tries all.
   */
  book?: string;
  /** Every `of`th case of all, from `part` on. */
  part: number;
  of: number;
  /** Only those with this text in their name. */
  only?: string;
  /** Of this lab alone: cgroups are seen by all. */
  cgroupParent: string;
  /** Only tells what cases there are. */
  list?: boolean;
}

export interface CaseResult {
  /** The verb, and what went wrong with it. */
  name: string;
  /** What was wrong; nothing: all is well. */
  problems: string[];
  ms: number;
}

/** What a lab prints, a line of JSON for each. */
export type Told = CaseResult | { case: string } | { done: true; cases: number };

export class CaseBook {
  readonly #options: CaseOptions;
  readonly #times = new Map<string, number>();
  readonly #pods: string;
  #count = 0;

  /** @param pods the cgroup of all pods, if it is not that of the options */
  constructor(options: CaseOptions, pods = options.cgroupParent) {
    this.#options = options;
    this.#pods = pods;
  }

  /** @param attempt returns what was wrong. Is not called when the case is not this lab's to try */
  async try(verb: string, fault: string, attempt: () => Promise<string[]>): Promise<void> {
    const { part, of, only, list, book } = this.#options;
    if (this.#count++ % of !== part || (only !== undefined && !fault.includes(only))) return;
    const name = this.#nameOf(verb, fault);
    tell({ case: name });
    if (list === true || (book !== undefined && !claim(book, name))) return;
    const begun = Date.now();
    const problems = await attempt();
    const result: CaseResult = { name, problems, ms: Date.now() - begun };
    if (book !== undefined) note(book, name, result);
    tell(result);
  }

  /** What differs from run to run is left out of it: two may be alike. */
  #nameOf(verb: string, fault: string): string {
    const text = `${verb}, ${fault}`
      .replaceAll(this.#pods, '/<pods>')
      .replaceAll(this.#options.cgroupParent, '/<lab>');
    const times = (this.#times.get(text) ?? 0) + 1;
    this.#times.set(text, times);
    return times === 1 ? text : `${text} (${times})`;
  }

  /** To be called once, when all verbs are done. */
  end(): void {
    tell({ done: true, cases: this.#count });
  }
}

/** The results in a book. */
export function readBook(book: string): CaseResult[] {
  return entries(book).flatMap(({ text }) => (text === '' ? [] : [JSON.parse(text) as CaseResult]));
}

/** Has everything be tried again that has not passed: what went wrong, and what was broken off. */
export function reopenBook(book: string): void {
  for (const { path, text } of entries(book))
    if (text === '' || (JSON.parse(text) as CaseResult).problems.length > 0) rmSync(path);
}

function entries(book: string): { path: string; text: string }[] {
  return readdirSync(book)
    .filter((name) => !name.endsWith('.new'))
    .map((name) => join(book, name))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

function pathOf(book: string, name: string): string {
  return join(book, createHash('sha256').update(name).digest('hex').slice(0, 32));
}

/** @returns whether nobody else has it */
function claim(book: string, name: string): boolean {
  try {
    writeFileSync(pathOf(book, name), '', { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function note(book: string, name: string, result: CaseResult): void {
  const path = pathOf(book, name);
  writeFileSync(`${path}.new`, JSON.stringify(result));
  renameSync(`${path}.new`, path);
}

function tell(told: Told): void {
  console.log(JSON.stringify(told));
}
