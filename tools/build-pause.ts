/** Writes `src/runtime/sandbox/infra/pause/pause-program.ts`: the bytes of `pause` for each architecture, made by binutils from its sources. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FOLDER = new URL('../src/runtime/sandbox/infra/pause/', import.meta.url).pathname;

/** @returns the ELF file */
export function buildPause(architecture: 'x86_64' | 'aarch64'): Buffer {
  const tools = `${architecture}-linux-gnu-`;
  const folder = mkdtempSync(join(tmpdir(), 'peapod-pause-'));
  try {
    const object = join(folder, 'pause.o');
    const program = join(folder, 'pause');
    execFileSync(`${tools}as`, ['-o', object, join(FOLDER, `pause-${architecture}.S`)]);
    execFileSync(`${tools}objcopy`, ['--output-target=binary', '--only-section=.text', object, program]);
    return readFileSync(program);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function pauseModule(x64: Buffer, arm64: Buffer): string {
  const literal = (bytes: Buffer) =>
    (bytes.toString('base64').match(/.{1,92}/g) ?? []).map((line) => `    '${line}'`).join(' +\n');
  return [
    '// Written by tools/build-pause.ts from the sources beside this file. Do not edit.',
    '',
    '/** The program of the infra container: a whole ELF file for each architecture, in base64. */',
    'export const PAUSE_PROGRAM = {',
    `  x64:\n${literal(x64)},`,
    `  arm64:\n${literal(arm64)},`,
    '} as const;',
    '',
  ].join('\n');
}

if (import.meta.main) {
  writeFileSync(join(FOLDER, 'pause-program.ts'), pauseModule(buildPause('x86_64'), buildPause('aarch64')));
}
