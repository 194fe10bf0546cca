/** What the seam in the runtime can do: kill peapod at a step, or have a step fail. */
import { type Fault, inject } from '../../../../src/runtime/linux/external-step.ts';
import { spawnProcess } from '../../../../src/runtime/linux/spawn-process.ts';
import type { Verb } from './pod-verbs.ts';
import { mayFailSilently, sweptSteps } from './swept-steps.ts';
import { type Lab, messagesOf, type Trial } from './trial.ts';

/** By SIGKILL. */
const KILLED = 128 + 9;

/** One for each kind and, of failures, each code, at each of the steps where it can be. */
export function faultTrials(
  steps: readonly string[],
  kinds: readonly Fault['kind'][],
  codes: readonly string[],
): Trial[] {
  return sweptSteps(steps).flatMap(({ step, occurrence, isFirst }) => {
    return kinds.flatMap((kind) => {
      // Otherwise it is right after the one before.
      if (kind === 'kill-before' && !isFirst) return [];
      if (kind === 'hang' && !step.startsWith('spawn ')) return [];
      if (kind === 'kill-within' && !/^(write|rm) /.test(step)) return [];
      if (kind === 'fail-from' && !/^(mkdir|mkdtemp|write|create|symlink|lock) /.test(step)) return [];
      if (kind === 'fail' && mayFailSilently(step)) return [];
      // What the kernel says is not there is gone.
      const suited =
        kind === 'fail'
          ? codes.filter((code) => code !== 'ENOENT' || !step.startsWith('umount '))
          : kind === 'fail-from'
            ? ['ENOSPC']
            : [''];
      return suited.map((code) => faultTrial({ kind, step, occurrence, code }));
    });
  });
}

function faultTrial(fault: Fault): Trial {
  const { kind, step, occurrence, code } = fault;
  const kills = kind.startsWith('kill');
  return {
    name: `${kind}@${step}#${occurrence}${code === '' ? '' : `:${code}`}`,
    kills,
    undoes: kind !== 'fail-from',
    provoke: (verb, lab) => (kills ? kill(fault, verb, lab) : failing(fault, verb, lab)),
    // What was not taken away, as it seemed to be gone, is noticed later, and named by what is then in the way.
    unclear: (error) => unclear(error, code === 'ENOENT' && /^(rm|rmdir|unlink) /.test(step) ? '' : code),
  };
}

async function kill({ kind, step, occurrence }: Fault, verb: Verb, lab: Lab): Promise<undefined> {
  const args = [lab.victim, lab.cgroupParent, lab.machine.image, lab.story, verb.name];
  const { ended } = spawnProcess(process.execPath, args, {
    env: { ...environment(), PEAPOD_FAULT: `${kind}@${step}#${occurrence}` },
    cwd: process.cwd(),
    fds: [null, null, 2],
  });
  const code = await ended;
  // Of parallel steps of one name one more or less may be done.
  if (code !== KILLED && code !== 0) throw new Error(`the victim ended with ${code}`);
}

function environment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']));
}

async function failing(fault: Fault, verb: Verb, { machine }: Lab): Promise<Error | undefined> {
  using _ = inject(fault);
  return await failureOf(verb.run(machine));
}

export async function failureOf(work: Promise<void>): Promise<Error | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** An error that a user could do something with is one of ours, and names what failed. */
function unclear(error: Error, code: string): string[] {
  const messages = messagesOf(error);
  if (error.name !== 'PeapodError') return [`${error.name} is no error of ours: ${error.message}`];
  const isNamed =
    code === '' ||
    messages.some(
      (message) => message.includes(code) || /no space left|something is still mounted at/.test(message),
    );
  return isNamed ? [] : [`it does not name ${code}: ${messages.join(' <- ')}`];
}
