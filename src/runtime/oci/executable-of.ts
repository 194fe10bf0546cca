import { accessSync, closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { fileIdentity } from '../linux/file-identity.ts';
import { sealedCopy } from '../linux/sealed-copy.ts';
import { isCrun } from './state-folder.ts';

const ELF = '\u007fELF';
/** Far more than crun has. */
const MAX_BYTES = 16 * 1024 * 1024;

const copies = new Map<string, { readonly of: string; readonly path: string }>();

/**
 * The file to start an OCI runtime from. crun does not trust the file that it was started from, which a container may reach through
 * `/proc/PID/exe`: each time it first copies itself into memory and starts again from there. Started from such a copy, sealed as its own, it goes to
 * work at once.
 * @see CVE-2019-5736
 */
export function executableOf(path: string): string {
  if (!isCrun({ path })) return path;
  try {
    const of = fileIdentity(path);
    const known = copies.get(path);
    if (known?.of === of) return known.path;
    const made = {
      of,
      path:
        statSync(path).size <= MAX_BYTES && isCopied(path) ? sealedCopy(readFileSync(path), 'crun') : path,
    };
    copies.set(path, made);
    return made.path;
  } catch {
    // Then as everybody else starts it.
    return path;
  }
}

/** A script has to be found by its name. Under SELinux the file's label says what a program may do. */
function isCopied(path: string): boolean {
  try {
    accessSync('/sys/fs/selinux/enforce', constants.F_OK);
    return false;
  } catch {
    return head(path) === ELF;
  }
}

function head(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(ELF.length);
    readSync(fd, bytes);
    return bytes.toString('latin1');
  } finally {
    closeSync(fd);
  }
}
