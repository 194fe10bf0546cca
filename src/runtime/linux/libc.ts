/** The one place that loads the C library. Calls are synchronous, but for those that are made aside; whoever may block says so. */
import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';

const library = koffi.load(null);

export type ForeignFunction = ReturnType<typeof library.func>;

/** A C function by its prototype, e.g. `int umount2(const char *target, int flags)`. */
export function foreignFunction(prototype: string): ForeignFunction {
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

/**
 * The same of a call that another thread makes meanwhile: for those that take the kernel milliseconds.
 * @param call what `foreignFunction` gave
 */
export function checkedAside(
  call: ForeignFunction,
  args: readonly unknown[],
  syscall: string,
  detail = '',
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  call.async(...args, (error: Error | null, result: number) => {
    if (error !== null) return reject(error);
    // errno is that of the call as long as this runs.
    try {
      resolve(checked(result, syscall, detail));
    } catch (failure) {
      reject(failure);
    }
  });
  return promise;
}

export function lastErrno(): number {
  return koffi.errno();
}

export function systemError(errno: number, syscall: string, detail = ''): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  const error: NodeJS.ErrnoException = new Error(`${code}: ${syscall}${detail === '' ? '' : ` ${detail}`}`);
  return Object.assign(error, { code, errno: -errno, syscall });
}
