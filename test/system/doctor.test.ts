/** `system doctor` on this machine, where pods can run, and on one where something is made to be missing. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Report } from '../../src/cli/doctor/run-doctor.ts';
import { pathWithout } from './support/path-without.ts';
import { startPeapod, type TestPeapod } from './support/peapod.ts';

let peapod: TestPeapod;
let directory: string;

before(async () => {
  peapod = await startPeapod();
  directory = await mkdtemp(join(tmpdir(), 'peapod-doctor-'));
});

after(async () => {
  await rm(directory, { recursive: true });
  await peapod[Symbol.asyncDispose]();
});

test('this machine can run pods', async () => {
  const report = JSON.parse(await peapod.succeed(['system', 'doctor', '-o', 'json'])) as Report;
  assert.deepEqual(
    report.checks.filter(({ verdict }) => verdict === 'fail'),
    [],
  );
});

test('a second --fix finds nothing to do', async () => {
  await peapod.succeed(['system', 'doctor', '--fix']);
  assert.doesNotMatch(await peapod.succeed(['system', 'doctor', '--fix']), /ran:/);
});

test('without conmon it fails, and names the command that mends it', async () => {
  const PATH = await pathWithout(join(directory, 'no-conmon'), ['conmon']);
  const { code, stdout } = await peapod.call(['system', 'doctor'], { env: { PATH } });
  assert.equal(code, 1);
  assert.match(stdout, /^fail {2}conmon/m);
  assert.match(stdout, /mend: apt-get install conmon/);
});

test('without the network plugins it fails, and names the package', async () => {
  await mkdir(join(directory, 'empty'));
  const env = { PEAPOD_CNI_BIN_DIR: join(directory, 'empty') };
  const { code, stdout } = await peapod.call(['system', 'doctor'], { env });
  assert.equal(code, 1);
  assert.match(stdout, /mend: apt-get install containernetworking-plugins/);
});
