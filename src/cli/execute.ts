import type { Command } from 'commander';
import { reportError } from './report-error.ts';

/** Does what the command line says, and ends the process. */
export async function execute(program: Command): Promise<never> {
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    process.exitCode = reportError(error, process.stderr);
  }
  // A verb is done when its promise is. To end by itself Node.js would take apart all that it holds first, for a tenth of a short verb's time.
  process.exit();
}
