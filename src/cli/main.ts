import { execute } from './execute.ts';
import { buildProgram } from './program.ts';

await execute(buildProgram());
