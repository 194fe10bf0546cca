import { closeSync } from 'node:fs';
import { O_PATH, openEntry, setMode, setOwner, setTimes, setXattr } from '../../linux/directory-entry.ts';
import { refused } from './entry-path.ts';
import { errorCode } from './layer-directory.ts';
import type { TarHeader } from './tar-header.ts';

/** The largest id; the one above means "leave it as it is" to chown, and would leave the file root's. */
const MAX_ID = 0xfffffffe;

/**
 * Attributes that an image may set. Others would speak to overlayfs (`trusted.overlay.*`, `user.overlay.*`) or to the
 * host's security modules.
 */
function isAllowedXattr(name: string): boolean {
  if (name === 'security.capability') return true;
  if (name === 'system.posix_acl_access' || name === 'system.posix_acl_default') return true;
  return name.startsWith('user.') && !name.startsWith('user.overlay.');
}

/**
 * Gives a name its owner, mode, attributes and times, in the order that keeps them: chown clears setuid and capabilities.
 * @throws PeapodError ImageCorrupt when an id overflows
 */
export function setAttributes(directory: number, name: string, header: TarHeader): void {
  checkIds(header);
  const fd = openEntry(directory, name, O_PATH);
  try {
    setOwner(fd, header.uid, header.gid);
    if (header.type !== '2') setMode(fd, header.mode);
  } finally {
    closeSync(fd);
  }
  setXattrs(directory, name, header);
  setTimes(directory, name, header.mtime);
}

function checkIds(header: TarHeader): void {
  for (const id of [header.uid, header.gid]) {
    if (id < 0 || id > MAX_ID) throw refused(header.name, `has an owner out of range: ${id}`);
  }
}

function setXattrs(directory: number, name: string, header: TarHeader): void {
  for (const [attribute, value] of header.xattrs) {
    if (!isAllowedXattr(attribute)) continue;
    try {
      setXattr(directory, name, attribute, value);
    } catch (error) {
      const code = errorCode(error);
      // A file system without user attributes, or a kind of file that can't have them: the file works without.
      if (attribute === 'security.capability' || (code !== 'ENOTSUP' && code !== 'EPERM')) throw error;
    }
  }
}
