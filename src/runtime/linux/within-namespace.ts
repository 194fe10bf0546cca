import { closeSync, openSync } from 'node:fs';
import { checked, foreignFunction } from './libc.ts';

const setns = foreignFunction('int setns(int fd, int type)');

const TYPES = { net: 0x4000_0000, uts: 0x0400_0000 } as const;

export type Namespace = keyof typeof TYPES;

/** Has this thread be in another namespace, which is open already, from now on. @throws ErrnoException EPERM, EINVAL */
export function enterNamespace(type: Namespace, fd: number, detail = ''): void {
  checked(setns(fd, TYPES[type]), 'setns', detail);
}

/**
 * Has this thread do one piece of work in another namespace, and leave it before anything else runs: the work must not wait.
 * @param path of the namespace, as `/proc/PID/ns/net`
 * @throws ErrnoException ENOENT when it is gone, EPERM, EINVAL, and what the work throws
 * @see setns(2)
 */
export function withinNamespace<T>(type: Namespace, path: string, work: () => T): T {
  const own = openSync(`/proc/thread-self/ns/${type}`, 'r');
  try {
    const other = openSync(path, 'r');
    try {
      enterNamespace(type, other, path);
      try {
        return work();
      } finally {
        enterNamespace(type, own);
      }
    } finally {
      closeSync(other);
    }
  } finally {
    closeSync(own);
  }
}
