/**
 * The system calls that act on one name within an opened directory, and never follow a symlink that it is.
 *
 * Names and paths are byte strings (one character for each byte, as in `latin1`), for a file name need not be UTF-8.
 * Each throws an Error with `code` and `syscall`, as node:fs does. They are synchronous and quick.
 */
import { constants } from 'node:fs';
import { externalStep } from './external-step.ts';
import { checked, foreignFunction, syscallNumber } from './libc.ts';

const BYTES = 'const uint8_t *';
const c = {
  openat2: foreignFunction(`long syscall(long number, int fd, ${BYTES}path, ${BYTES}how, size_t size)`),
  mknodat: foreignFunction(`long syscall(long number, int fd, ${BYTES}path, uint32_t mode, uint32_t device)`),
  openat: foreignFunction(`int openat(int fd, ${BYTES}path, int flags, uint32_t mode)`),
  mkdirat: foreignFunction(`int mkdirat(int fd, ${BYTES}path, uint32_t mode)`),
  symlinkat: foreignFunction(`int symlinkat(${BYTES}target, int fd, ${BYTES}path)`),
  linkat: foreignFunction(`int linkat(int from, ${BYTES}old, int to, ${BYTES}path, int flags)`),
  unlinkat: foreignFunction(`int unlinkat(int fd, ${BYTES}path, int flags)`),
  fchownat: foreignFunction(`int fchownat(int fd, ${BYTES}path, uint32_t uid, uint32_t gid, int flags)`),
  chmod: foreignFunction(`int chmod(${BYTES}path, uint32_t mode)`),
  utimensat: foreignFunction(`int utimensat(int fd, ${BYTES}path, ${BYTES}times, int flags)`),
  lsetxattr: foreignFunction(
    `int lsetxattr(${BYTES}path, ${BYTES}name, ${BYTES}value, size_t size, int flags)`,
  ),
};

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const AT_EMPTY_PATH = 0x1000;
const OPENAT2 = 437;
const MKNODAT = syscallNumber({ x64: 259, arm64: 33 });
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;

const O_CLOEXEC = 0x80000;
/** Missing in node:fs: the descriptor stands for the name and opens nothing. */
export const O_PATH = 0x200000;

/** The kinds of node that `makeNode` makes, as in `st_mode`. */
const NODE_TYPES = { fifo: 0o010000, character: 0o020000, block: 0o060000 } as const;

/**
 * Opens a path as if `root` were `/`: `..` and absolute symlinks end there.
 * @returns a descriptor that the caller closes
 */
export function openInRoot(root: number, path: string, flags: number): number {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), 16);
  return checked(c.openat2(OPENAT2, root, bytes(path), how, how.length), 'openat2', path);
}

/** Opens the name itself: a symlink fails with ELOOP, or is opened as such with O_PATH. */
export function openEntry(directory: number, name: string, flags: number, mode = 0): number {
  const open = () =>
    checked(c.openat(directory, bytes(name), flags | constants.O_NOFOLLOW | O_CLOEXEC, mode), 'openat', name);
  return (flags & constants.O_CREAT) === 0 ? open() : externalStep('create', name, open);
}

export function makeDirectory(directory: number, name: string, mode: number): void {
  externalStep('mkdir', name, () => checked(c.mkdirat(directory, bytes(name), mode), 'mkdirat', name));
}

/** Makes a fifo or a device node. Needs CAP_MKNOD for devices, but for 0/0, which overlayfs takes for a whiteout. */
export function makeNode(
  directory: number,
  name: string,
  type: keyof typeof NODE_TYPES,
  mode: number,
  device: { major: number; minor: number } = { major: 0, minor: 0 },
): void {
  const { major, minor } = device;
  const encoded = (((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0) & 0xffffffff;
  externalStep('mknod', name, () =>
    checked(
      c.mknodat(MKNODAT, directory, bytes(name), NODE_TYPES[type] | mode, encoded >>> 0),
      'mknodat',
      name,
    ),
  );
}

export function makeSymlink(directory: number, name: string, target: string): void {
  externalStep('symlink', name, () =>
    checked(c.symlinkat(bytes(target), directory, bytes(name)), 'symlinkat', name),
  );
}

/** Gives what `from` names in another directory a second name; a symlink is linked as such. */
export function makeHardLink(fromDirectory: number, from: string, directory: number, name: string): void {
  externalStep('link', name, () =>
    checked(c.linkat(fromDirectory, bytes(from), directory, bytes(name), 0), 'linkat', name),
  );
}

/** Takes the name away. @param kind a directory has to be empty */
export function removeEntry(directory: number, name: string, kind: 'directory' | 'other'): void {
  externalStep('rm', name, () =>
    checked(c.unlinkat(directory, bytes(name), kind === 'directory' ? AT_REMOVEDIR : 0), 'unlinkat', name),
  );
}

/** Owner of what the descriptor refers to, O_PATH ones too; a symlink's own. */
export function setOwner(fd: number, uid: number, gid: number): void {
  externalStep('chown', `/proc/self/fd/${fd}`, () =>
    checked(c.fchownat(fd, bytes(''), uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW), 'fchownat', ''),
  );
}

/** Mode of what the descriptor refers to, O_PATH ones too; a symlink has none. */
export function setMode(fd: number, mode: number): void {
  externalStep('chmod', `/proc/self/fd/${fd}`, () =>
    checked(c.chmod(bytes(`/proc/self/fd/${fd}`), mode), 'chmod', ''),
  );
}

/** Modification and access time of the name itself. */
export function setTimes(
  directory: number,
  name: string,
  time: { seconds: number; nanoseconds: number },
): void {
  const times = Buffer.alloc(32);
  for (const offset of [0, 16]) {
    times.writeBigInt64LE(BigInt(time.seconds), offset);
    times.writeBigInt64LE(BigInt(time.nanoseconds), offset + 8);
  }
  externalStep('utimens', name, () =>
    checked(c.utimensat(directory, bytes(name), times, AT_SYMLINK_NOFOLLOW), 'utimensat', name),
  );
}

/** Sets an extended attribute of the name itself. */
export function setXattr(directory: number, name: string, attribute: string, value: Uint8Array): void {
  const path = bytes(`/proc/self/fd/${directory}/${name}`);
  externalStep('setxattr', name, () =>
    checked(c.lsetxattr(path, bytes(attribute), value, value.length, 0), 'lsetxattr', name),
  );
}

function bytes(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'latin1');
}
