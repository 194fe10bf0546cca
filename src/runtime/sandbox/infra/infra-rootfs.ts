import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../../model/errors.ts';
import { writeFileAtomic } from '../../linux/write-file-atomic.ts';
import { PAUSE_PROGRAM } from './pause/pause-program.ts';
import { chmod, mkdir } from '../../linux/files.ts';

/** Makes the root file system of all infra containers, or finds it as it should be. @returns its path */
export async function infraRootfs(root: string): Promise<string> {
  const program = pauseProgram(process.arch);
  const rootfs = join(root, 'pause');
  const file = join(rootfs, 'pause');
  const present = await readFile(file).catch(() => undefined);
  if (present?.equals(program) === true) return rootfs;
  for (const directory of ['proc', 'dev', 'sys'])
    await mkdir(join(rootfs, directory), { recursive: true, mode: 0o755 });
  await writeFileAtomic(file, program, { mode: 0o755 });
  await chmod(rootfs, 0o755);
  return rootfs;
}

/** @throws PeapodError Unsupported */
export function pauseProgram(architecture: string): Buffer {
  if (architecture !== 'x64' && architecture !== 'arm64') {
    throw new PeapodError('Unsupported', `cannot run pods on ${architecture}: only on x86-64 and arm64`);
  }
  return Buffer.from(PAUSE_PROGRAM[architecture], 'base64');
}
