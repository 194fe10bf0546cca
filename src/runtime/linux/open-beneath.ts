/** Opens files below a root without ever leaving it, whatever symlinks there are, and whoever changes them meanwhile. @see openat2(2) */
import { closeSync, constants } from 'node:fs';
import { externalStep } from './external-step.ts';
import { checked, foreignFunction, lastErrno, syscallNumber, systemError } from './libc.ts';

const syscallOpenat2 = foreignFunction(
  'long syscall(long number, int directory, const char *path, const uint64_t *how, size_t size)',
);
const mkdirat = foreignFunction('int mkdirat(int directory, const char *path, unsigned int mode)');

const OPENAT2 = syscallNumber({ x64: 437, arm64: 437 });
const AT_FDCWD = -100;
const EAGAIN = 11;
const EINTR = 4;

const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;

const Resolve = { NO_MAGICLINKS: 0x02, NO_SYMLINKS: 0x04, BENEATH: 0x08, IN_ROOT: 0x10 } as const;

/**
 * How symlinks are treated. `in-root`: followed as if `root` were `/`. `beneath`: followed, but one that leaves the root is EXDEV.
 * `none`: any symlink on the way is ELOOP.
 */
export type SymlinkPolicy = 'in-root' | 'beneath' | 'none';

/** A file descriptor with an owner. `path` names the very file in mount(2) and node:fs, as long as it is open. */
export interface OpenedFile extends Disposable {
  readonly fd: number;
  readonly path: string;
}

export interface OpenInRootOptions {
  /** Of `fs.constants.O_…`; O_CLOEXEC is always added. Without: O_PATH. */
  flags?: number;
  mode?: number;
  symlinks?: SymlinkPolicy;
}

/**
 * Opens `path` below `root`. A leading `/` of the path means the root.
 * @throws ErrnoException ENOENT, ELOOP, EXDEV, …
 */
export function openInRoot(
  root: string | OpenedFile,
  path: string,
  options: OpenInRootOptions = {},
): OpenedFile {
  const flags = options.flags ?? O_PATH;
  if (typeof root !== 'string') return openedFile(openat2(root.fd, path, flags, options));
  using directory = openedFile(openat2(AT_FDCWD, root, O_PATH | constants.O_DIRECTORY, {}, 0));
  return openedFile(openat2(directory.fd, path, flags, options));
}

/** Makes the directory and those above it that are missing, each without following a symlink out, and opens it. */
export function mkdirInRoot(
  root: string | OpenedFile,
  path: string,
  options: { mode?: number; symlinks?: SymlinkPolicy } = {},
): OpenedFile {
  const symlinks = options.symlinks ?? 'in-root';
  let current = openInRoot(root, '.', { symlinks });
  const flags = O_PATH | constants.O_DIRECTORY;
  const top = current;
  const done: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    done.push(name);
    const next = openOrMake(top, current, done, name, { ...options, symlinks, flags });
    if (current !== top) current[Symbol.dispose]();
    current = next;
  }
  if (current !== top) top[Symbol.dispose]();
  return current;
}

/** Each name is opened from the top, so that `..` and symlinks mean what they mean below the root. */
function openOrMake(
  top: OpenedFile,
  parent: OpenedFile,
  names: readonly string[],
  name: string,
  options: OpenInRootOptions,
): OpenedFile {
  const { mode = 0o755, ...open } = options;
  const path = names.join('/');
  try {
    return openInRoot(top, path, open);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    checkedMkdir(parent, name, mode);
    return openInRoot(top, path, open);
  }
}

function checkedMkdir(parent: OpenedFile, name: string, mode: number): void {
  try {
    externalStep('mkdir', name, () => checked(mkdirat(parent.fd, name, mode), 'mkdirat', name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function openat2(
  directory: number,
  path: string,
  flags: number,
  options: OpenInRootOptions,
  resolve = resolveFlags(options.symlinks),
): number {
  if (path.includes('\0')) throw systemError(22, 'openat2', JSON.stringify(path));
  const creating = (flags & constants.O_CREAT) !== 0;
  const how = BigUint64Array.of(
    BigInt(flags | O_CLOEXEC),
    BigInt(creating ? (options.mode ?? 0o644) : 0),
    BigInt(resolve),
  );
  const below = resolve === 0 ? path : path.replace(/^\/+/, '') || '.';
  for (;;) {
    const call = () => Number(syscallOpenat2(OPENAT2, directory, below, how, 24));
    const fd = creating ? externalStep('create', path, call) : call();
    if (fd >= 0) return fd;
    const errno = lastErrno();
    // EAGAIN: something on the way was renamed just then, so that the kernel cannot vouch for the result.
    if (errno !== EAGAIN && errno !== EINTR) throw systemError(errno, 'openat2', path);
  }
}

function resolveFlags(policy: SymlinkPolicy = 'in-root'): number {
  if (policy === 'none') return Resolve.BENEATH | Resolve.NO_SYMLINKS | Resolve.NO_MAGICLINKS;
  return (policy === 'beneath' ? Resolve.BENEATH : Resolve.IN_ROOT) | Resolve.NO_MAGICLINKS;
}

function openedFile(fd: number): OpenedFile {
  let open = true;
  return {
    fd,
    path: `/proc/self/fd/${fd}`,
    [Symbol.dispose]: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
}
