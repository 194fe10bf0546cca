/** One verb in a process of its own, for the fault of its environment to kill. Without the name of one it does nothing. */
import { openMachine } from './machine.ts';
import { verbsOf } from './stories.ts';

const [cgroupParent = '', image = '', story = '', name = ''] = process.argv.slice(2);
const machine = await openMachine(cgroupParent, image);
if (name === '') process.exit(0);
const verb = verbsOf(story).find((one) => one.name === name);
if (verb === undefined) throw new Error(`no verb ${name}`);
await verb.run(machine);
process.exit(0);
