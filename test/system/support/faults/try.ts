/** Sweeps a part by hand: `node try.ts '{"program":"cri-sweep.ts","kinds":["kill-after"],"only":"cgroup"}' [BOOK]`. Prints each case. */
import { type Asked, runLabs } from './run-labs.ts';

const {
  program = 'sweep.ts',
  labs = 1,
  ...asked
} = JSON.parse(process.argv[2] ?? '{}') as Asked & {
  program?: string;
  labs?: number;
};
let [cases, bad, sumMs] = [0, 0, 0];
const { names, results, broken } = await runLabs(
  new URL(program, import.meta.url),
  asked,
  labs,
  ({ name, problems, ms }) => {
    cases += 1;
    sumMs += ms;
    if (problems.length > 0) bad += 1;
    console.log(`${problems.length > 0 ? 'BAD' : 'ok '} ${ms} ms  ${name}`);
    for (const problem of problems) console.log(`    ${problem.replaceAll('\n', '\n    ')}`);
  },
  process.argv[3],
);
if (asked.list === true) for (const name of names) console.log(name);
for (const one of broken) console.log(`BROKEN ${one}`);
const each = Math.round(sumMs / Math.max(cases, 1));
console.log(`${names.size} cases, ${results.length} known, ${cases} tried now, ${bad} bad, ${each} ms each`);
process.exitCode = bad > 0 || broken.length > 0 || names.size === 0 ? 1 : 0;
