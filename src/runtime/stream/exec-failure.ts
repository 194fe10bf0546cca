import { startErrorMessage } from '../container/start-error.ts';

const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/** Why a command could not be run in a container, as shells number it and the OCI runtimes say it. */
export interface ExecFailure {
  exitCode: number;
  message: string;
}

/** @param output what the OCI runtime wrote to its standard error */
export function execFailure(output: string, command: readonly string[]): ExecFailure {
  const message = startErrorMessage(output, command[0] ?? '').replace(
    /^OCI runtime create failed:/,
    'OCI runtime exec failed: exec failed:',
  );
  const found = !/executable file not found|no such file or directory/.test(message);
  return { exitCode: found ? NOT_EXECUTABLE : NOT_FOUND, message };
}
