/** Programs in the place of those that peapod runs: they answer garbage, hang, die, or claim to have done what they have not. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from '../../../../src/runtime/linux/external-step.ts';
import { failureOf } from './fault-trials.ts';
import { PLUGIN_FOLDERS } from './machine.ts';
import type { Verb } from './pod-verbs.ts';
import { messagesOf, type Lab, type Trial } from './trial.ts';

const FOLDER = '/run/impostors';
const ORDER = join(FOLDER, 'order');
const CALLS = join(FOLDER, 'calls');

/** What an impostor does; `$real` is the program whose place it takes. */
const BEHAVIOURS: Record<string, string> = {
  garbage: `printf '\\001\\377{"ips": [7' >&1; printf '\\033[31mnonsense\\n' >&2; exit 0`,
  'garbage and failure': `printf '\\001\\377}{'; printf '\\033[31mnonsense\\n' >&2; exit 1`,
  nothing: 'exit 0',
  failure: 'exit 3',
  death: 'kill -9 $$',
  hang: 'exec sleep 1000',
  'work, then failure': 'in_place; "$real" "$@" <&0; exit 1',
  'work, then death': 'in_place; "$real" "$@"; kill -9 $$',
  'work, then garbage': 'in_place; "$real" "$@" >/dev/null; printf nonsense; exit 0',
};

/** Whom they take the place of, and the word by which each of its orders is known. */
const ROLES: readonly [program: string, order: string][] = [
  ...['run', 'create', 'delete', 'kill', 'state', 'exec'].map((verb): [string, string] => ['crun', verb]),
  ['conmon', '--cid'],
  ['bridge', 'ADD'],
  ['bridge', 'DEL'],
  ['nft', '-f'],
  ['nft', 'delete'],
];

const script = (name: string, real: string) => `#!/bin/sh
real=${real}
# What it starts has to be in the cgroup where conmon is put.
in_place() { [ "$program" != conmon ] || until grep -q '/conmon$' /proc/$$/cgroup; do sleep 0.01; done; }
words=" $* \${CNI_COMMAND:-} "
echo "${name}$words" >> ${CALLS}
if [ -f ${ORDER} ]; then
  { read -r program; read -r word; read -r behaviour; } < ${ORDER}
  case "$words" in *" $word "*) [ "$program" = ${name} ] && . "${FOLDER}/$behaviour" ;; esac
fi
exec "$real" "$@"
`;

/** Puts them before the programs themselves, for this process and what it starts. */
export async function hireImpostors(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, behaviour] of Object.entries(BEHAVIOURS)) writeFileSync(join(FOLDER, name), behaviour);
  for (const name of new Set(ROLES.map(([program]) => program))) {
    const path = `${PLUGIN_FOLDERS.join(':')}:${process.env['PATH']}`;
    const real = execFileSync('sh', ['-c', `command -v ${name}`], { env: { PATH: path }, encoding: 'utf8' });
    writeFileSync(join(FOLDER, name), script(name, real.trim()), { mode: 0o755 });
  }
  process.env['PATH'] = `${FOLDER}:${process.env['PATH']}`;
  PLUGIN_FOLDERS.unshift(FOLDER);
}

/** One for each program that the verb runs, each thing it is told to do, and each behaviour. */
export async function impostorTrials(
  verb: Verb,
  { machine }: Lab,
  { impostors: behaviours, programs }: { impostors: readonly string[]; programs: readonly string[] },
): Promise<Trial[]> {
  if (behaviours.length === 0) return [];
  rmSync(CALLS, { force: true });
  const steps: string[] = [];
  {
    using _ = inject(undefined, (step) => steps.push(step));
    await verb.run(machine);
  }
  const calls = existsSync(CALLS) ? readFileSync(CALLS, 'utf8').split('\n') : [];
  await verb.undo(machine);
  const isBelieved = (program: string, order: string, behaviour: string) =>
    (program === 'nft' && ['garbage', 'nothing'].includes(behaviour)) ||
    (order === 'DEL' && behaviour === 'nothing');
  const isMeant = (program: string) => programs.length === 0 || programs.includes(program);
  const isCalled = (program: string, order: string) =>
    calls.some((call) => call.startsWith(`${program} `) && `${call} `.includes(` ${order} `));
  return ROLES.filter(([program, order]) => isMeant(program) && isCalled(program, order)).flatMap(
    ([program, order]) =>
      behaviours
        // Of what says that it has added rules, and has not, only a list of all would tell; what a plugin gives back only it knows.
        .filter((behaviour) => !isBelieved(program, order, behaviour))
        .map((behaviour) => impostorTrial(program, order, behaviour, steps)),
  );
}

/** @param steps the verb's: the one that starts the program has its time limit cut when the program hangs */
function impostorTrial(program: string, order: string, behaviour: string, steps: readonly string[]): Trial {
  // What conmon runs has conmon's limit.
  const starts = program === 'crun' && order === 'create' ? 'spawn conmon' : `spawn ${program}`;
  const step = steps.find(
    (one) => one.startsWith(starts) && ` ${one} `.includes(order === 'create' ? '' : ` ${order} `),
  );
  return {
    name: `${program} ${order}: ${behaviour}`,
    kills: false,
    undoes: true,
    async provoke(verb, { machine }) {
      writeFileSync(ORDER, `${program}\n${order}\n${behaviour}\n`);
      using _ =
        (behaviour === 'hang' || order === 'create') && step !== undefined
          ? inject({ kind: 'hang', step, occurrence: 1, code: behaviour === 'hang' ? '200' : '3000' })
          : undefined;
      try {
        const error = await failureOf(verb.run(machine));
        // A container that the OCI runtime refuses is there to be removed, and says why when it is started.
        if (error === undefined && order === 'create') await verb.undo(machine);
        return error;
      } finally {
        rmSync(ORDER);
      }
    },
    unclear(error) {
      const messages = messagesOf(error);
      // What the runtime says of a command that ran is what the command said; one that could not run, the answer tells so.
      if (order === 'exec' && (behaviour.startsWith('work') || behaviour === 'hang')) return [];
      if (/^exec answered 126: [^]*OCI runtime exec failed/.test(error.message)) return [];
      if (error.name !== 'PeapodError') return [`${error.name} is no error of ours: ${error.message}`];
      const isNamed = messages.some(
        (message) => message.includes(program) || (program === 'crun' && message.includes('OCI runtime')),
      );
      return isNamed ? [] : [`it does not name ${program}: ${messages.join(' <- ')}`];
    },
  };
}
