/** One verb done with something that goes wrong, and what has to hold afterwards. */
import { setTimeout as delay } from 'node:timers/promises';
import { difference, machineState } from './machine-state.ts';
import { type Machine, openMachine } from './machine.ts';
import type { Verb } from './pod-verbs.ts';
import type { Witness } from './witness.ts';

export interface Trial {
  readonly name: string;
  /** Does the verb, and makes it go wrong. @returns the error of a verb that failed; nothing: it was killed, or succeeded nevertheless */
  provoke(verb: Verb, lab: Lab): Promise<Error | undefined>;
  /** Whether peapod itself has died, and is to be started again. */
  readonly kills: boolean;
  /** Whether what was undone is known to be undone: not when the undoing fails too. */
  readonly undoes: boolean;
  /** What the error should have said. */
  unclear(error: Error): string[];
}

export interface Lab {
  readonly cgroupParent: string;
  readonly story: string;
  /** The program that does one verb in a process of its own. */
  readonly victim: string;
  machine: Machine;
  witness: Witness | undefined;
}

export interface Expected {
  before: string[];
  after: string[];
}

/** For what ends by itself: a process that was killed, a namespace after its last process. */
const SETTLE_MS = 4000;

/** Which hierarchies the pod's own cgroup is in depends on how far its sandbox ever came; it goes with the pod. */
const PODS_OWN_CGROUP = /^left over: cgroup .*\/(burstable|pod<uuid>|cri\/<id>): 0$/;

/** What a step that fails leaves until the container goes or peapod starts anew, as docs/crash-safety.md has it. */
const LEFT_UNTIL_LATER: readonly [step: RegExp, line: RegExp][] = [
  [
    /^fail@unlink \/run\/peapod\/(\w+\/)?(volume-)?locks\//,
    /^left over: file \/run\/peapod\/(\w+\/)?(volume-)?locks\//,
  ],
  [/^fail@unlink .*\/exec\.fifo/, /^left over: node .*\/exec\.fifo/],
  [/^fail@spawn crun .* delete /, /^left over: (file|directory) \/run\/peapod\/oci\/<id>/],
];

function mayLeave(fault: string): boolean {
  return LEFT_UNTIL_LATER.some(([step]) => step.test(fault));
}

export function isLeftUntilLater(fault: string, line: string): boolean {
  return LEFT_UNTIL_LATER.some(([step, left]) => step.test(fault) && left.test(line));
}

/** @returns what was wrong */
export async function tryCase(lab: Lab, verb: Verb, trial: Trial, expected: Expected): Promise<string[]> {
  const problems: string[] = [];
  const note = (when: string, found: readonly string[]) => {
    if (found.length > 0) problems.push(`${when}: ${found.slice(0, 12).join('; ')}`);
  };
  const isLeft = (line: string) => isLeftUntilLater(trial.name, line);
  try {
    const error = await trial.provoke(verb, lab);
    if (trial.kills) {
      await restart(lab);
      if (verb.atomic) note('after the restart', await awaitState(lab, [expected.before, expected.after]));
    } else if (error !== undefined) {
      note('the error', trial.unclear(error));
      const states = verb.commits === true ? [expected.before, expected.after] : [expected.before];
      if (verb.atomic && trial.undoes)
        note('after the failure', await awaitState(lab, states, SETTLE_MS, isLeft));
    }
    await verb.run(lab.machine);
    note('after the repetition', await awaitState(lab, [expected.after], SETTLE_MS, isLeft));
    await lab.witness?.check();
    await verb.undo(lab.machine);
    note('after it was undone', await awaitState(lab, [expected.before], SETTLE_MS, isLeft));
    if (mayLeave(trial.name)) {
      await restart(lab);
      note('after the next start', await awaitState(lab, [expected.before]));
    }
  } catch (error) {
    problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    await verb
      .undo(lab.machine)
      .catch((again: unknown) => problems.push(`cannot be undone: ${String(again)}`));
    note('after it was undone', await awaitState(lab, [expected.before]));
  }
  await lab.witness?.check();
  return problems;
}

async function restart(lab: Lab): Promise<void> {
  lab.machine = await openMachine(lab.cgroupParent, lab.machine.image);
  await lab.machine.runtime.collect();
}

/** The state once nothing changes by itself any more. */
export async function settled({ cgroupParent }: Pick<Lab, 'cgroupParent'>): Promise<string[]> {
  for (let last = await machineState(cgroupParent); ; ) {
    await delay(100);
    const now = await machineState(cgroupParent);
    if (difference(now, last).length === 0) return now;
    last = now;
  }
}

/** @returns how it differs from all of them, after some time to settle; but for what is exempt */
export async function awaitState(
  { cgroupParent }: Pick<Lab, 'cgroupParent'>,
  expected: readonly string[][],
  settleMs = SETTLE_MS,
  isExempt: (line: string) => boolean = () => false,
): Promise<string[]> {
  const end = Date.now() + settleMs;
  for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 200)) {
    const now = await machineState(cgroupParent);
    const differences = expected
      .map((one) => difference(now, one).filter((line) => !PODS_OWN_CGROUP.test(line) && !isExempt(line)))
      .toSorted((a, b) => a.length - b.length);
    const [least = []] = differences;
    if (least.length === 0 || Date.now() > end) return least;
    await delay(waitMs);
  }
}

/** Has what is there now, before the verb, be there in both expected states from now on. */
export function accept(now: string[], expected: Expected): void {
  const extra = without(now, expected.before);
  const missing = without(expected.before, now);
  expected.before = now;
  expected.after = [...without(expected.after, missing), ...extra];
}

/** As often as a line is in the one and not in the other. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** All that an error says, and what it says of its causes. */
export function messagesOf(error: Error): string[] {
  const messages: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) messages.push(at.message);
  return messages;
}
