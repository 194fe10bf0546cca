import { externalStep } from './external-step.ts';
import { checked, foreignFunction } from './libc.ts';
import { withinNamespace } from './within-namespace.ts';

const sethostname = foreignFunction('int sethostname(const char *name, size_t length)');

/**
 * Gives a process's UTS namespace another name.
 * @throws ErrnoException ENOENT when the process is gone, EPERM, EINVAL
 * @see sethostname(2)
 */
export function setHostname(pid: number, hostname: string): void {
  externalStep('sethostname', hostname, () =>
    withinNamespace('uts', `/proc/${pid}/ns/uts`, () =>
      checked(sethostname(hostname, Buffer.byteLength(hostname)), 'sethostname', hostname),
    ),
  );
}
