/** `system doctor` on this machine, where pods can run, and on one where something is made to be missing. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Report } from '../../src/cli/doctor/run-doctor.ts';
import { withoutPrograms } from './support/hide-programs.ts';
import { startPeapod, type TestPeapod } from './support/peapod.ts';

let peapod: TestPeapod;

before(async () => {
  peapod = await startPeapod();
});

after(async () => {
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
  const wrapper = withoutPrograms('conmon');
  const { code, stdout } = await peapod.call(['system', 'doctor'], { wrapper });
  assert.equal(code, 1);
  assert.match(stdout, /^fail {2}conmon/m);
  assert.match(stdout, /mend: apt-get install conmon/);
});

test('without the plugins of the network that is configured it fails, and names the package', async () => {
  const config = join(peapod.directory, 'cni/10-a.conf');
  await writeFile(config, JSON.stringify({ cniVersion: '1.0.0', name: 'a', type: 'bridge' }));
  after(() => rm(config));
  const env = { PEAPOD_CNI_BIN_DIR: join(peapod.directory, 'empty') };
  const { code, stdout } = await peapod.call(['system', 'doctor'], { env });
  assert.equal(code, 1);
  assert.match(stdout, /mend: apt-get install containernetworking-plugins/);
});
