import { statSync } from 'node:fs';

/** The same text for as long as the file at the path is the same and was not written to; of a missing one too. @throws ErrnoException EACCES, ENOTDIR */
export function fileIdentity(path: string): string {
  const { dev, ino, size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return [dev, ino, size, mtimeMs].join(':');
}
