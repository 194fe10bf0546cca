import { readFile } from 'node:fs/promises';
import { PeapodError } from '../../model/errors.ts';
import type { ResolvedMount } from './spec/mounts.ts';

/**
 * Demands that what a container mounts can reach the node where the manifest says so: the source has to lie on a shared mount.
 * @throws PeapodError CreateContainerError
 */
export async function checkPropagation(mounts: readonly ResolvedMount[]): Promise<void> {
  const bidirectional = mounts.filter(({ propagation }) => propagation === 'BIDIRECTIONAL');
  if (bidirectional.length === 0) return;
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  for (const { hostPath } of bidirectional) {
    const { point, shared } = mountOf(hostPath, table);
    if (shared) continue;
    throw new PeapodError(
      'CreateContainerError',
      `path "${hostPath}" is mounted on "${point}" but it is not a shared mount`,
      { hint: `mount --make-rshared ${point}` },
    );
  }
}

/** The mount that a path lies on; of several at one place the last is the one that is seen. */
export function mountOf(path: string, mountinfo: string): { point: string; shared: boolean } {
  let found = { point: '/', shared: false };
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ');
    const point = unescaped(fields[4] ?? '');
    const covers = point !== '' && (path === point || path.startsWith(point === '/' ? '/' : `${point}/`));
    if (!covers || point.length < found.point.length) continue;
    const optional = fields.slice(6, fields.indexOf('-'));
    found = { point, shared: optional.some((field) => field.startsWith('shared:')) };
  }
  return found;
}

/** A blank in a path is `\040`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
