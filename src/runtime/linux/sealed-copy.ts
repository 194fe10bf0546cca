import { closeSync, fchmodSync, fstatSync, openSync, readlinkSync, writeSync } from 'node:fs';
import { checked, foreignFunction } from './libc.ts';

const memfdCreate = foreignFunction('int memfd_create(const char *name, unsigned int flags)');
const fcntl = foreignFunction('int fcntl(int fd, int command, int argument)');

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
/** F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE. */
const ALL_SEALS = 15;
const EXECUTABLE = 0o755;

/**
 * Puts a program into memory, where nobody can change it any more.
 * @returns a path by which this process and its children can read and run it for as long as this process lives
 * @throws ErrnoException when the kernel has no such files, or does not let them be run
 * @see memfd_create(2), F_ADD_SEALS in fcntl(2)
 */
export function sealedCopy(content: Buffer, name: string): string {
  const written: number = checked(memfdCreate(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), 'memfd_create', name);
  try {
    for (let at = 0; at < content.length; ) at += writeSync(written, content, at);
    fchmodSync(written, EXECUTABLE);
    checked(fcntl(written, F_ADD_SEALS, ALL_SEALS), 'fcntl', 'F_ADD_SEALS');
    // What is open for writing can't be run.
    const fd = openSync(`/proc/self/fd/${written}`, 'r');
    const own = `/proc/${process.pid}/fd/${fd}`;
    if (readlinkSync(own).startsWith('/memfd:') && fstatSync(fd).size === content.length) return own;
    closeSync(fd);
    throw new Error(`${own} is not the copy of ${name}`);
  } finally {
    closeSync(written);
  }
}
