import { isPeapodError } from '../model/errors.ts';
import { printable, terminalOf } from './output/terminal.ts';

/** peapod's own failures, as distinct from those of what it runs; docker's and podman's number. */
export const OWN_FAILURE = 125;

/** An exit code that a verb ends with, without a message: what it ran has spoken. */
export class ExitCode extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** Writes what went wrong: one line for what a user or the host caused, the stack for a bug. @returns the exit code */
export function reportError(error: unknown, stream: NodeJS.WriteStream): number {
  const terminal = terminalOf(stream);
  if (error instanceof ExitCode) return error.exitCode;
  if (isInterrupt(error)) return 130;
  const head = terminal.style('red', 'peapod:');
  if (isPeapodError(error)) {
    const lines = error.message.split('\n').map(printable).join('\n');
    const hint = error.hint === undefined ? '' : `${terminal.style('dim', `  try: ${error.hint}`)}\n`;
    terminal.write(`${head} ${lines}\n${hint}`);
    return OWN_FAILURE;
  }
  terminal.write(
    `${head} this is a bug in peapod, please report it\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return OWN_FAILURE;
}

function isInterrupt(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
