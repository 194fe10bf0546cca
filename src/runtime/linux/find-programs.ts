import { readdirSync, readFileSync } from 'node:fs';

/**
 * The programs that a killed process of ours started for a pod or container, and that are still at work: by their arguments, or their environment.
 * @param program as it was started: its path, or its name
 * @returns their PIDs
 */
export function findPrograms(program: string, argument: string): number[] {
  return runningPids().filter((pid) => {
    const argv = readList(`/proc/${pid}/cmdline`);
    // A script has its interpreter before its name.
    return argv.slice(0, 2).includes(program) && argv.includes(argument);
  });
}

/** @param variables of the environment, e.g. `CNI_COMMAND=ADD`: all of them */
export function findProgramsByEnvironment(variables: readonly string[]): number[] {
  return runningPids().filter((pid) => {
    const environment = readList(`/proc/${pid}/environ`);
    return variables.every((variable) => environment.includes(variable));
  });
}

function runningPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

/** None of a process that has just gone, or is another user's. */
function readList(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\0');
  } catch {
    return [];
  }
}
