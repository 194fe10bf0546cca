/**
 * In a lab: each state file of a running pod is emptied, cut, overwritten or replaced by another version's, as a loss of power or a bad disk
 * leaves it. peapod starts again, and the pod is removed and run anew, whatever became of it. Prints a line of JSON for each case.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBusyboxRoot } from '../../../../src/runtime/container/testing/busybox-image.ts';
import { isPeapodError } from '../../../../src/model/errors.ts';
import { CaseBook, type CaseOptions } from './case-book.ts';
import { openMachine } from './machine.ts';
import { REMOVE, RUN_ALL } from './pod-verbs.ts';
import { DAMAGES, replaceFile, stateFiles } from './state-files.ts';
import { accept, awaitState, type Expected, type Lab, settled } from './trial.ts';
import { startWitness } from './witness.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as CaseOptions;

const folder = mkdtempSync(join(tmpdir(), 'fault-image-'));
writeBusyboxRoot(join(folder, 'root'));
execFileSync('tar', ['-C', join(folder, 'root'), '-cf', join(folder, 'root.tar'), '.']);
const { runtime } = await openMachine(options.cgroupParent, '');
const { id: image } = await runtime.images.importRootfs(join(folder, 'root.tar'), {
  reference: 'localhost/busybox:test',
  config: { env: ['PATH=/bin'] },
});
rmSync(folder, { recursive: true });

const lab: Lab = {
  cgroupParent: options.cgroupParent,
  story: 'pod',
  victim: '',
  machine: await openMachine(options.cgroupParent, image),
  witness: undefined,
};
lab.witness = await startWitness(lab.machine);
const ofOthers = new Set(stateFiles());
await RUN_ALL.run(lab.machine);
await REMOVE.run(lab.machine);
const expected: Expected = { before: await settled(lab), after: [] };
await RUN_ALL.run(lab.machine);
expected.after = await settled(lab);
const isImages = (path: string) => path.startsWith('/var/lib/peapod/images/');
const files = stateFiles().filter((path) => !ofOthers.has(path) || isImages(path));

const book = new CaseBook(options);
for (const first of files) {
  for (const [kind, damage] of Object.entries(DAMAGES)) {
    const path = presentPath(first);
    if (path === undefined) continue;
    const content = readFileSync(path);
    const damaged = Buffer.from(damage(content));
    if (damaged.equals(content)) continue;
    await book.try('damage', `${withoutAddress(path)} ${kind}`, async () => {
      const problems = await tryDamage(path, damaged, content);
      if (problems.length > 0) {
        await REMOVE.run(lab.machine).catch(() => {});
        accept(await settled(lab), expected);
        await RUN_ALL.run(lab.machine);
      }
      return problems;
    });
  }
}
book.end();
process.exit(0);

/** Ends with the pod running again. */
async function tryDamage(path: string, damaged: Buffer, whole: Buffer): Promise<string[]> {
  const problems: string[] = [];
  const note = (when: string, found: readonly string[]) => {
    if (found.length > 0) problems.push(`${when}: ${found.slice(0, 12).join('; ')}`);
  };
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      const isNamed = isImages(path) && isPeapodError(error);
      if (!isNamed) problems.push(`${what}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  };
  replaceFile(path, damaged);
  await attempt('the start', async () => {
    lab.machine = await openMachine(options.cgroupParent, image);
    await lab.machine.runtime.collect();
  });
  await attempt('the list of sandboxes', () => lab.machine.runtime.listPodSandboxes());
  await attempt('the list of containers', () => lab.machine.runtime.listContainers());
  await attempt('the list of images', () => lab.machine.runtime.listImages());
  await attempt('the removal', () => REMOVE.run(lab.machine));
  note('after the removal', await awaitState(lab, [expected.before]));
  await attempt('the run', () => RUN_ALL.run(lab.machine));
  if (isImages(path)) {
    replaceFile(path, whole);
    await attempt('the run with the whole file', () => RUN_ALL.run(lab.machine));
  }
  note('after the run', await awaitState(lab, [expected.after]));
  await lab.witness?.check();
  return problems;
}

/** A pod that runs anew has another address. */
function presentPath(path: string): string | undefined {
  if (existsSync(path)) return path;
  return stateFiles().find((one) => !ofOthers.has(one) && withoutAddress(one) === withoutAddress(path));
}

function withoutAddress(path: string): string {
  return path.replace(/\/[\d.a-f:]+$/, '/<address>').replace(/\.\.\d{4}(_\d\d){5}\.[0-9a-f]+/, '..<time>');
}
