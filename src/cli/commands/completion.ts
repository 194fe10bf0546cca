import { COMPLETION_SCRIPTS, type Shell } from '../completion/scripts.ts';

/** `peapod completion SHELL`: what the shell is to be told. */
export function completion(shell: Shell): void {
  process.stdout.write(COMPLETION_SCRIPTS[shell]);
}
