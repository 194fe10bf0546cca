/** The one place that loads the C library. Calls are synchronous; whoever may block says so. */
import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';

const library = koffi.load(null);

/** A C function by its prototype, e.g. `int umount2(const char *target, int flags)`. */
// oxlint-disable-next-line typescript/no-explicit-any -- koffi's own type for a foreign function
export function foreignFunction(prototype: string): (...args: any[]) => any {
  return library.func(prototype);
}

/** The same for a function that older C libraries lack. */
// oxlint-disable-next-line typescript/no-explicit-any -- koffi's own type for a foreign function
export function optionalFunction(prototype: string): ((...args: any[]) => any) | undefined {
  try {
    return foreignFunction(prototype);
  } catch {
    return undefined;
  }
}

/** The machine's number of a system call, by architecture. */
export function syscallNumber(numbers: { x64: number; arm64: number }): number {
  return process.arch === 'arm64' ? numbers.arm64 : numbers.x64;
}

/**
 * The result of a call that answers −1 and sets errno when it fails.
 * @throws an error like those of `node:fs`: `code`, `errno`, `syscall`
 */
export function checked(result: number, syscall: string, detail = ''): number {
  if (result >= 0) return result;
  throw systemError(koffi.errno(), syscall, detail);
}

export function lastErrno(): number {
  return koffi.errno();
}

export function systemError(errno: number, syscall: string, detail = ''): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  const error: NodeJS.ErrnoException = new Error(`${code}: ${syscall}${detail === '' ? '' : ` ${detail}`}`);
  return Object.assign(error, { code, errno: -errno, syscall });
}
