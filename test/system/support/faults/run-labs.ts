/** Has labs, several at a time, try the cases of one program. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaseResult, readBook, reopenBook, type Told } from './case-book.ts';
import { runInLab } from './lab.ts';
import { removeLabCgroups } from './remove-lab-cgroups.ts';
import type { SweepOptions } from './sweep.ts';

/** A program's options; those that do not concern it are ignored. */
export type Asked = Partial<Omit<SweepOptions, 'cgroupParent' | 'book'>>;

export interface Found {
  /** The names of all cases that there are. */
  readonly names: ReadonlySet<string>;
  /** Of those that were tried, now or before. */
  readonly results: readonly CaseResult[];
  /** What ended a lab. */
  readonly broken: readonly string[];
}

/**
 * @param book the folder where results are kept: what has passed there is not tried again. Without one it is tried at any rate
 * @param onResult is told each case that is tried now
 */
export async function runLabs(
  program: URL,
  asked: Asked,
  labs: number,
  onResult: (result: CaseResult) => void,
  book?: string,
): Promise<Found> {
  const folder = book ?? mkdtempSync(join(tmpdir(), 'fault-book-'));
  mkdirSync(folder, { recursive: true });
  reopenBook(folder);
  const names = new Set<string>();
  const broken: string[] = [];
  const inLab = async () => {
    const options: SweepOptions = {
      story: 'pod',
      verbs: [],
      kinds: [],
      codes: [],
      impostors: [],
      programs: [],
      part: 0,
      of: 1,
      ...asked,
      book: folder,
      // Others of the same process number may be at it in another namespace.
      cgroupParent: `/peapod-faults-${randomBytes(4).toString('hex')}`,
    };
    // One that breaks is followed by another as long as they get on: a case that breaks labs is tried once.
    for (let tried = 1; tried > 0; ) {
      tried = 0;
      try {
        await runInLab(program, [JSON.stringify(options)], (line) => {
          const told = JSON.parse(line) as Told;
          if ('case' in told) names.add(told.case);
          if (!('problems' in told)) return;
          tried += 1;
          onResult(told);
        });
        return;
      } catch (error) {
        broken.push(String(error));
      } finally {
        await removeLabCgroups(options.cgroupParent);
      }
    }
  };
  await Promise.all(Array.from({ length: labs }, inLab));
  const results = readBook(folder);
  if (book === undefined) rmSync(folder, { recursive: true });
  return { names, results, broken };
}
