import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { OciSpec } from '../container/spec/oci-spec.ts';
import { keepCompiledSeccomp, withCompiledSeccomp } from './compiled-seccomp.ts';

const ANNOTATION = 'run.oci.seccomp_bpf_data';

describe('a compiled seccomp profile', () => {
  let run: string;
  beforeEach(() => {
    run = mkdtempSync(join(tmpdir(), 'peapod-seccomp-'));
  });
  afterEach(() => rmSync(run, { recursive: true }));

  const runtime = (name = 'crun') => ({ path: `/usr/bin/${name}`, globalArgs: ['--root', join(run, 'oci')] });
  const spec = (defaultAction?: string) =>
    ({
      annotations: {},
      linux: defaultAction === undefined ? {} : { seccomp: { defaultAction } },
    }) as unknown as OciSpec;
  const compiled = (program: Buffer, id = 'c1') => {
    mkdirSync(join(run, 'oci', id), { recursive: true });
    writeFileSync(join(run, 'oci', id, 'seccomp.bpf'), program);
  };
  const given = async (of: OciSpec, by = runtime()) =>
    (await withCompiledSeccomp(run, by, of)).annotations[ANNOTATION];
  const kept = () => readdirSync(join(run, 'seccomp')).map((name) => join(run, 'seccomp', name));
  const program = Buffer.alloc(16, 7);

  test('is given to crun again, and to no container with another profile or without', async () => {
    assert.equal(await given(spec('A')), undefined);
    compiled(program);
    await keepCompiledSeccomp(run, runtime(), 'c1', spec('A'));
    assert.equal(await given(spec('A')), program.toString('base64'));
    assert.equal(await given(spec('B')), undefined);
    assert.equal(await given(spec()), undefined);
    assert.equal(await given(spec('A'), runtime('runc')), undefined);
  });

  test('is read by another process, unless it is damaged', async () => {
    compiled(program);
    await keepCompiledSeccomp(run, runtime(), 'c1', spec('A'));
    const [file = ''] = kept();
    const whole = readFileSync(file);
    const elsewhere = async () => {
      const fresh = (await import(`./compiled-seccomp.ts?${Math.random()}`)) as {
        withCompiledSeccomp: typeof withCompiledSeccomp;
      };
      return (await fresh.withCompiledSeccomp(run, runtime(), spec('A'))).annotations[ANNOTATION];
    };
    assert.equal(await elsewhere(), program.toString('base64'));
    const changed = Buffer.from(whole);
    changed[40] = 8;
    for (const damaged of [Buffer.alloc(0), whole.subarray(0, 32), whole.subarray(0, 40), changed]) {
      writeFileSync(file, damaged);
      assert.equal(await elsewhere(), undefined);
    }
  });

  test('is kept only when it can be one', async () => {
    for (const none of [Buffer.alloc(0), Buffer.alloc(9), Buffer.alloc(8 * 4097)]) {
      compiled(none);
      await keepCompiledSeccomp(run, runtime(), 'c1', spec('A'));
      assert.equal(await given(spec('A')), undefined);
    }
    await keepCompiledSeccomp(run, runtime(), 'unknown', spec('A'));
    assert.equal(await given(spec('A')), undefined);
  });
});
