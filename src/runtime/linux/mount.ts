/** Mounting. @see mount(2), umount2(2) */
import { externalStep } from './external-step.ts';
import { checked, checkedAside, foreignFunction } from './libc.ts';

const mountCall = foreignFunction(
  'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
);
const umountCall = foreignFunction('int umount2(const char *target, int flags)');

export const MountFlag = {
  READONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  REMOUNT: 0x20,
  BIND: 0x1000,
  REC: 0x4000,
  UNBINDABLE: 0x2_0000,
  PRIVATE: 0x4_0000,
  SLAVE: 0x8_0000,
  SHARED: 0x10_0000,
} as const;

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

export interface MountOptions {
  source: string;
  target: string;
  type?: string;
  flags?: number;
  /** At most 4095 bytes: the kernel takes a page. */
  data?: string;
}

/** @throws ErrnoException */
export function mount({ source, target, type, flags = 0, data }: MountOptions): void {
  externalStep('mount', target, () =>
    checked(mountCall(source, target, type ?? null, flags, data ?? null), 'mount', `${source} on ${target}`),
  );
}

/** The same without standing still meanwhile: an overlay takes the kernel a while. @throws ErrnoException */
export async function mountAside({ source, target, type, flags = 0, data }: MountOptions): Promise<void> {
  const args = [source, target, type ?? null, flags, data ?? null];
  await externalStep('mount', target, async () => {
    await checkedAside(mountCall, args, 'mount', `${source} on ${target}`);
  });
}

/** Makes what is at `source` visible at `target` too. The source may be `/proc/self/fd/N` of an opened file. */
export function bindMount(
  source: string,
  target: string,
  options: { recursive?: boolean; readonly?: boolean } = {},
): void {
  const flags = MountFlag.BIND | (options.recursive === true ? MountFlag.REC : 0);
  mount({ source, target, flags });
  if (options.readonly === true)
    mount({ source, target, flags: flags | MountFlag.REMOUNT | MountFlag.READONLY });
}

/**
 * Takes away what is mounted at exactly `target`, also while it is in use.
 * @returns false when nothing is mounted there, or there is no such path
 */
export function umount(target: string): boolean {
  try {
    externalStep('umount', target, () =>
      checked(umountCall(target, MNT_DETACH | UMOUNT_NOFOLLOW), 'umount', target),
    );
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EINVAL' || code === 'ENOENT') return false;
    throw error;
  }
}

/** Takes away everything that is mounted at `target`, one upon the other. */
export function umountAll(target: string): void {
  while (umount(target));
}

/**
 * Has what is mounted at and below `target` neither tell of mounts nor hear of any.
 * @returns false when nothing is mounted there
 */
export function makePrivate(target: string): boolean {
  try {
    mount({ source: 'none', target, flags: MountFlag.REC | MountFlag.PRIVATE });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EINVAL' || code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}
