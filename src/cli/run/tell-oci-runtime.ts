import { join } from 'node:path';
import type { Host } from '../host.ts';
import type { Terminal } from '../output/terminal.ts';
import { mkdir, writeFile } from '../../runtime/linux/files.ts';

/** Says that and why a slower OCI runtime is used: once in a boot for each reason. */
export async function tellOciRuntime({ runtime, settings }: Host, terminal: Terminal): Promise<void> {
  const { name, note } = runtime.oci;
  if (note === undefined) return;
  const told = join(settings.run, 'told', `${name}-${Buffer.from(note).toString('hex').slice(0, 200)}`);
  await mkdir(join(settings.run, 'told'), { recursive: true, mode: 0o700 });
  try {
    await writeFile(told, '', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  const mend = terminal.style('dim', '(try: peapod system doctor --fix)');
  terminal.write(`${terminal.style('yellow', 'Warning:')} using ${name}: ${note} ${mend}\n`);
}
