/** Sweeps a part by hand: `node try.ts '{"program":"cri-sweep.ts","verbs":[],"kinds":["kill-after"],"only":"cgroup"}'`. Prints each case. */
import { runInLab } from './lab.ts';
import type { CaseResult, SweepOptions } from './sweep.ts';

const { program = 'sweep.ts', ...given } = JSON.parse(process.argv[2] ?? '{}') as Partial<SweepOptions> & {
  program?: string;
};
const options: SweepOptions = {
  story: 'pod',
  verbs: [],
  kinds: [],
  codes: [],
  impostors: [],
  cgroupParent: `/peapod-faults-${process.pid}-1`,
  part: 0,
  of: 1,
  ...given,
};
let [cases, bad, sumMs] = [0, 0, 0];
await runInLab(new URL(program, import.meta.url), [JSON.stringify(options)], (line) => {
  const result = JSON.parse(line) as CaseResult | { done: true };
  if (!('verb' in result)) return;
  const { verb, fault, problems, ms } = result;
  cases += 1;
  sumMs += ms;
  if (problems.length > 0) bad += 1;
  console.log(`${problems.length > 0 ? 'BAD' : 'ok '} ${ms} ms  ${verb}  ${fault}`);
  for (const problem of problems) console.log(`    ${problem.replaceAll('\n', '\n    ')}`);
});
console.log(`${cases} cases, ${bad} bad, ${Math.round(sumMs / Math.max(cases, 1))} ms each`);
process.exitCode = bad > 0 || cases === 0 ? 1 : 0;
