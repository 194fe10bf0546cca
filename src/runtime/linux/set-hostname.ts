import { closeSync, openSync } from 'node:fs';
import { externalStep } from './external-step.ts';
import { checked, foreignFunction } from './libc.ts';

const setns = foreignFunction('int setns(int fd, int type)');
const sethostname = foreignFunction('int sethostname(const char *name, size_t length)');

const CLONE_NEWUTS = 0x0400_0000;

/**
 * Gives a process's UTS namespace another name. This thread enters it for the one call and leaves it again before anything else runs.
 * @throws ErrnoException ENOENT when the process is gone, EPERM, EINVAL
 * @see setns(2), sethostname(2)
 */
export function setHostname(pid: number, hostname: string): void {
  const own = openSync('/proc/thread-self/ns/uts', 'r');
  try {
    const its = openSync(`/proc/${pid}/ns/uts`, 'r');
    try {
      externalStep('sethostname', hostname, () => {
        checked(setns(its, CLONE_NEWUTS), 'setns');
        try {
          checked(sethostname(hostname, Buffer.byteLength(hostname)), 'sethostname', hostname);
        } finally {
          checked(setns(own, CLONE_NEWUTS), 'setns');
        }
      });
    } finally {
      closeSync(its);
    }
  } finally {
    closeSync(own);
  }
}
