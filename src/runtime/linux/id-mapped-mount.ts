/**
 * Mounts that show files with other owners: what belongs to root on the disk belongs to the user namespace's root.
 * @see mount_setattr(2), open_tree(2), move_mount(2)
 */
import { closeSync, openSync } from 'node:fs';
import { release } from 'node:os';
import { MountFlag } from './mount.ts';
import { checked, foreignFunction } from './libc.ts';
import { externalStep } from './external-step.ts';

const openTree = foreignFunction(
  'long syscall(long number, int directory, const char *path, unsigned int flags)',
);
const mountSetattr = foreignFunction(
  'long syscall(long number, int directory, const char *path, unsigned int flags, const uint64_t *attr, size_t size)',
);
const moveMount = foreignFunction(
  'long syscall(long number, int from, const char *fromPath, int to, const char *toPath, unsigned int flags)',
);

/** The same on every architecture. */
const SyscallNumber = { open_tree: 428, move_mount: 429, mount_setattr: 442 } as const;

const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const OPEN_TREE_CLONE = 1;
const O_CLOEXEC = 0o2000000;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MOUNT_ATTR_IDMAP = 0x10_0000n;
const MOUNT_ATTR_SIZE = 32;

export interface IdMappedMountOptions {
  /** A process in the user namespace, seen from ours. */
  userNamespaceOf: number;
  /** What is mounted or unmounted here is seen at the source too. Otherwise only the other way round. */
  shared?: boolean;
}

/**
 * Makes what is at `source`, with all that is mounted below it, visible at `target`, with the ids of a user namespace.
 * @throws ErrnoException EINVAL when a file system there cannot be id-mapped
 */
export function mountIdMapped(source: string, target: string, options: IdMappedMountOptions): void {
  const namespace = openSync(`/proc/${options.userNamespaceOf}/ns/user`, 'r');
  let tree: number | undefined;
  try {
    const flags = OPEN_TREE_CLONE | O_CLOEXEC | AT_RECURSIVE;
    tree = checked(Number(openTree(SyscallNumber.open_tree, AT_FDCWD, source, flags)), 'open_tree', source);
    const propagation = options.shared === true ? 0 : MountFlag.SLAVE;
    const attributes = BigUint64Array.of(MOUNT_ATTR_IDMAP, 0n, BigInt(propagation), BigInt(namespace));
    const set = mountSetattr(
      SyscallNumber.mount_setattr,
      tree,
      '',
      AT_EMPTY_PATH | AT_RECURSIVE,
      attributes,
      MOUNT_ATTR_SIZE,
    );
    checked(Number(set), 'mount_setattr', source);
    const opened = tree;
    externalStep('mount', target, () => {
      const moved = moveMount(
        SyscallNumber.move_mount,
        opened,
        '',
        AT_FDCWD,
        target,
        MOVE_MOUNT_F_EMPTY_PATH,
      );
      checked(Number(moved), 'move_mount', target);
    });
  } finally {
    if (tree !== undefined) closeSync(tree);
    closeSync(namespace);
  }
}

/** Whether overlayfs takes id-mapped layers: Linux 5.19. @param kernel as `uname -r` has it */
export function hasIdMappedLayers(kernel = release()): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return major > 5 || (major === 5 && minor >= 19);
}
