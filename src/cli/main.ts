import { reportError } from './report-error.ts';
import { buildProgram } from './program.ts';

try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = reportError(error, process.stderr);
}
// A verb is done when its promise is. To end by itself Node.js would take apart all that it holds first, for a tenth of a short verb's time.
process.exit();
