/** The start of `peapod run`, which is waited for: what it always needs is one file, and it knows no other verb. */
import { execute } from './execute.ts';
import { buildRunProgram } from './program.ts';
import { run } from './run/run.ts';

await execute(buildRunProgram(run));
