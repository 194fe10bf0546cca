/** Sweeps a peapod of its own process: each verb with each fault at each of its steps. Prints a line of JSON for each case. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { type CaseBook, type CaseOptions } from './case-book.ts';
import type { SweepOptions } from './sweep.ts';
import { mayFailSilently, sweptSteps } from './swept-steps.ts';
import { accept, awaitState, type Expected, isLeftUntilLater, settled } from './trial.ts';

export type OrderedOptions = Pick<SweepOptions, 'verbs' | 'kinds' | 'codes'> & CaseOptions;

export interface OrderedVerb {
  readonly name: string;
  /** Whether what a kill left of it is, after the next start, all of it or nothing; and nothing after a failure. */
  readonly atomic: boolean;
  /** A step that fails late may leave it done: what runs cannot be made to never have run. */
  readonly commits?: true;
  /** Does it, as a user would. @returns what the user was told, when it failed; nothing also when peapod died */
  attempt(): Promise<string | undefined>;
  /** The same again, as it ends well, and what has to come after it for all to come to rest. */
  finish(): Promise<void>;
  /** From after it to before it. */
  undo(): Promise<void>;
  /** Brings the machine to where `undo` does, from where the verbs before it leave it, if that is not the same. */
  prepare?(): Promise<void>;
  /** What a death of it may leave until somebody keeps the pods again, or it was undone. */
  readonly leaves?: RegExp;
}

export interface Subject {
  readonly cgroupParent: string;
  readonly isDead: boolean;
  /** What is to go wrong from now on; empty: nothing. */
  order(text: string): void;
  /** After its death. */
  start(): Promise<void>;
  /** Of one that goes on running: ends it as a user does, and starts it again. */
  restart?(): Promise<void>;
  /** @throws when another pod has noticed something */
  checkWitness(): Promise<void>;
}

const RECORD = '/run/fault-steps';
const SETTLE_MS = 15_000;

/** Each verb in turn, from the state that the one before it leaves. */
export async function sweepInOrder(
  subject: Subject,
  verbs: readonly OrderedVerb[],
  options: OrderedOptions,
  book: CaseBook,
): Promise<void> {
  for (const verb of verbs) {
    if (options.verbs.length === 0 || options.verbs.includes(verb.name)) await sweepVerb(verb);
    await verb.finish();
  }
  async function sweepVerb(verb: OrderedVerb): Promise<void> {
    await verb.prepare?.();
    const expected: Expected = { before: await settled(subject), after: [] };
    const steps = await record(subject, verb);
    await verb.finish();
    expected.after = await settled(subject);
    await verb.undo();
    for (const fault of faultsAt(steps, options)) {
      await book.try(verb.name, fault, async () => {
        const problems = await tryCase(subject, verb, fault, expected);
        if (problems.length > 0) accept(await settled(subject), expected);
        return problems;
      });
    }
  }
}

function faultsAt(steps: readonly string[], { kinds, codes }: OrderedOptions): string[] {
  return sweptSteps(steps).flatMap(({ step, occurrence, isFirst }) => {
    return kinds.flatMap((kind) => {
      if (kind === 'kill-before' && !isFirst) return [];
      if (kind === 'fail' && mayFailSilently(step)) return [];
      if (kind === 'kill-within' && !/^(write|rm) /.test(step)) return [];
      const suited = kind === 'fail' ? codes : [''];
      return suited.map((code) => `${kind}@${step}#${occurrence}${code === '' ? '' : `:${code}`}`);
    });
  });
}

async function record(subject: Subject, verb: OrderedVerb): Promise<string[]> {
  rmSync(RECORD, { force: true });
  subject.order(`record:${RECORD}`);
  const said = await verb.attempt();
  subject.order('');
  if (said !== undefined) throw new Error(`${verb.name} fails: ${said}`);
  const steps = existsSync(RECORD) ? readFileSync(RECORD, 'utf8').split('\n') : [];
  // What a server does for itself comes at other times.
  return steps.filter((step) => step !== '' && !step.includes('server.json'));
}

async function tryCase(
  subject: Subject,
  verb: OrderedVerb,
  fault: string,
  expected: Expected,
): Promise<string[]> {
  const problems: string[] = [];
  const note = (when: string, found: readonly string[]) => {
    if (found.length > 0) problems.push(`${when}: ${found.slice(0, 12).join('; ')}`);
  };
  const code = /^fail.*:(\w+)$/.exec(fault)?.[1];
  const isLeft = (line: string) => verb.leaves?.test(line) === true || isLeftUntilLater(fault, line);
  try {
    subject.order(fault);
    const said = await verb.attempt();
    subject.order('');
    const died = subject.isDead;
    if (died) await subject.start();
    if (said !== undefined && (code === undefined || !new RegExp(`${code}|no space left`).test(said)))
      problems.push(`the error does not name ${code ?? 'a failure, and nothing was to fail'}: ${said}`);
    if (verb.atomic && died)
      note('after the restart', await awaitState(subject, [expected.before, expected.after], SETTLE_MS));
    else if (verb.atomic && said !== undefined) {
      const states = verb.commits === true ? [expected.before, expected.after] : [expected.before];
      note('after the failure', await awaitState(subject, states, SETTLE_MS, isLeft));
    }
    await verb.finish();
    note('in the end', await awaitState(subject, [expected.after], SETTLE_MS, isLeft));
    await subject.checkWitness();
    // Until its next start the lock stays.
    if (/^fail@unlink \S*locks\//.test(fault)) await subject.restart?.();
    await verb.undo();
    note('after it was undone', await awaitState(subject, [expected.before], SETTLE_MS));
  } catch (error) {
    subject.order('');
    problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (subject.isDead) await subject.start();
    await verb
      .finish()
      .then(() => verb.undo())
      .catch((again: unknown) => problems.push(`cannot be undone: ${String(again)}`));
    note('after it was undone', await awaitState(subject, [expected.before], SETTLE_MS));
  }
  await subject.checkWitness();
  return problems;
}
