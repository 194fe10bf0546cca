/** In a lab: does each verb of a story with each thing that may go wrong, and looks at what is left. Prints a line of JSON for each case. */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, stop } from 'esbuild';
import { writeBusyboxRoot } from '../../../../src/runtime/container/testing/busybox-image.ts';
import { type Fault, inject } from '../../../../src/runtime/linux/external-step.ts';
import { bundleOptions } from '../../../../tools/bundle-options.ts';
import { buildImageArchive, pushImage, startRegistry } from '../registry.ts';
import { CaseBook, type CaseOptions } from './case-book.ts';
import { faultTrials } from './fault-trials.ts';
import { ARCHIVE, REFERENCE, sweptImage } from './image-verbs.ts';
import { hireImpostors, impostorTrials } from './impostors.ts';
import { type Machine, NETWORK, openMachine } from './machine.ts';
import type { Verb } from './pod-verbs.ts';
import { type Story, verbsOf } from './stories.ts';
import { accept, awaitState, type Expected, type Lab, settled, tryCase } from './trial.ts';
import { startWitness } from './witness.ts';

export interface SweepOptions extends CaseOptions {
  story: Story;
  /** All of the story's when there are none. */
  verbs: string[];
  kinds: Fault['kind'][];
  /** With `fail`. */
  codes: string[];
  /** How programs that peapod runs misbehave. */
  impostors: string[];
  /** Whose place they take; all when there are none. */
  programs: string[];
}

const options = JSON.parse(process.argv[2] ?? '{}') as SweepOptions;
const verbs = verbsOf(options.story);
if (options.impostors.length > 0) await hireImpostors();
if (options.story === 'image') await offerImage();
if (options.story === 'plugins') configureNetwork();
const lab: Lab = {
  cgroupParent: options.cgroupParent,
  story: options.story,
  victim: await bundled('victim.ts'),
  machine: await prepare(),
  witness: undefined,
};
lab.witness = await startWitness(lab.machine);
// Those addresses come soon that look unlike others: 10.87.0.255 and 10.87.1.0.
for (const file of globSync('/run/peapod/network/leases/*/last_reserved_ip.0'))
  writeFileSync(file, '10.87.0.250');
// What is made once and stays (the root of infra containers, empty directories) is there from the first time on.
for (const verb of verbs) await verb.run(lab.machine);

const book = new CaseBook(options);
for (const verb of verbs) {
  const isAsked = options.verbs.length === 0 || options.verbs.includes(verb.name);
  if (isAsked && verb.unswept !== true) await sweepVerb(verb);
  await verb.run(lab.machine);
}
book.end();
process.exit(0);

/** As few files, which start in a fraction of the time that the sources take; compiled once, not for each case. */
async function bundled(program: string): Promise<string> {
  // Native code is looked for from here.
  const outdir = join(import.meta.dirname, '../../../../node_modules/.cache', options.cgroupParent);
  process.on('exit', () => rmSync(outdir, { recursive: true, force: true }));
  await build({ ...bundleOptions, entryPoints: [join(import.meta.dirname, program)], outdir });
  await stop();
  const file = join(outdir, program.replace(/\.ts$/, '.js'));
  process.env['NODE_COMPILE_CACHE'] = join(outdir, 'compiled');
  // One that is killed would never write it.
  execFileSync(process.execPath, [file, options.cgroupParent]);
  return file;
}

async function prepare(): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), 'fault-image-'));
  writeBusyboxRoot(join(folder, 'root'));
  execFileSync('tar', ['-C', join(folder, 'root'), '-cf', join(folder, 'root.tar'), '.']);
  const { runtime } = await openMachine(options.cgroupParent, '');
  const { id } = await runtime.images.importRootfs(join(folder, 'root.tar'), {
    reference: 'localhost/busybox:test',
    config: { env: ['PATH=/bin'] },
  });
  rmSync(folder, { recursive: true });
  return openMachine(options.cgroupParent, id);
}

/** In a registry, and in an archive: for this process and those that it starts. */
async function offerImage(): Promise<void> {
  const registry = await startRegistry();
  const { reference } = await pushImage(registry, 'swept:1', sweptImage);
  const archive = join(registry.directory, 'swept.tar');
  await buildImageArchive(archive, sweptImage, { reference: 'localhost/loaded:1' });
  Object.assign(process.env, { [REFERENCE]: reference, [ARCHIVE]: archive });
  process.on('exit', () => rmSync(registry.directory, { recursive: true, force: true }));
}

/** The bridge stays, for the witness is on it. */
function configureNetwork(): void {
  const folder = '/run/network.d';
  const subnet = '10.87.0.0/16';
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet }]],
    routes: [{ dst: '0.0.0.0/0' }],
    dataDir: '/run/peapod/network/leases',
  };
  const bridge = { type: 'bridge', bridge: 'peapod0', isGateway: true, hairpinMode: true, ipam };
  mkdirSync(folder);
  writeFileSync(
    join(folder, '10-pods.conflist'),
    JSON.stringify({ cniVersion: '1.0.0', name: 'pods', plugins: [bridge] }),
  );
  process.env[NETWORK] = folder;
}

async function sweepVerb(verb: Verb): Promise<void> {
  const expected: Expected = { before: await settled(lab), after: [] };
  const steps = await record(verb);
  expected.after = await settled(lab);
  await verb.undo(lab.machine);
  const trials = [
    ...faultTrials(steps, options.kinds, options.codes),
    ...(await impostorTrials(verb, lab, options)),
  ];
  for (const trial of trials) {
    await book.try(verb.name, trial.name, async () => {
      const problems = await tryCase(lab, verb, trial, expected);
      // What one case leaves is told once.
      if (problems.length > 0) accept(await settled(lab), expected);
      return problems;
    });
  }
  const problems = await awaitState(lab, [expected.before]);
  if (problems.length > 0) throw new Error(`${verb.name}: cannot be undone: ${problems.join('\n')}`);
}

async function record(verb: Verb): Promise<string[]> {
  const steps: string[] = [];
  using _ = inject(undefined, (step) => steps.push(step));
  await verb.run(lab.machine);
  return steps;
}
