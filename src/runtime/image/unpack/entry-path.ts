import { PeapodError } from '../../../model/errors.ts';

const MAX_PATH_BYTES = 4095;
const MAX_NAME_BYTES = 255;

/**
 * The components of a name in an archive, seen from the layer's root: absolute names begin there too, and `.` and
 * empty components fall away. None for the root itself.
 * @throws PeapodError ImageCorrupt when it climbs out of the root, or is none that a file can have
 */
export function entryPath(name: string): string[] {
  if (name.includes('\0')) throw refused(name, 'has a NUL in its name');
  if (name.length > MAX_PATH_BYTES) throw refused(name, `has a name longer than ${MAX_PATH_BYTES} bytes`);
  const path: string[] = [];
  for (const component of name.split('/')) {
    if (component === '' || component === '.') continue;
    if (component.length > MAX_NAME_BYTES) {
      throw refused(name, `has a name component longer than ${MAX_NAME_BYTES} bytes`);
    }
    if (component !== '..') path.push(component);
    else if (path.pop() === undefined) throw refused(name, 'leaves its root');
  }
  return path;
}

export function refused(name: string, why: string, cause?: unknown): PeapodError {
  const shown = Buffer.from(name, 'latin1').toString();
  const short = shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
  return new PeapodError('ImageCorrupt', `layer entry ${JSON.stringify(short)} ${why}`, { cause });
}
