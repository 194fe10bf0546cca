/**
 * Starts programs as cheaply as the kernel can. `node:child_process` forks, and a fork copies the page tables of all our memory:
 * with 200 MB that takes 15 ms, in which nothing else happens. posix_spawn(3) shares the memory until the program runs.
 */
import { accessSync, constants } from 'node:fs';
import { constants as os } from 'node:os';
import { basename, join } from 'node:path';
import { externalStep } from './external-step.ts';
import { checked, foreignFunction, optionalFunction, systemError } from './libc.ts';

export interface SpawnOptions {
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What is run under the program's name instead of it. */
  readonly executable?: string | undefined;
  /** What the program has as its descriptors 0, 1, 2, …; `null` is /dev/null. It has no others of ours. */
  readonly fds: readonly (number | null)[];
}

export interface SpawnedProcess {
  readonly pid: number;
  /** 128 + n after signal n. Pends for ever only when this process ends first. */
  readonly ended: Promise<number>;
}

const posixSpawn = foreignFunction(
  'int posix_spawn(_Out_ int *pid, const char *file, void *actions, void *attributes, const char **argv, const char **envp)',
);
const actionsInit = foreignFunction('int posix_spawn_file_actions_init(void *actions)');
const actionsDestroy = foreignFunction('int posix_spawn_file_actions_destroy(void *actions)');
const addDup2 = foreignFunction('int posix_spawn_file_actions_adddup2(void *actions, int fd, int newfd)');
const addClose = foreignFunction('int posix_spawn_file_actions_addclose(void *actions, int fd)');
const addOpen = foreignFunction(
  'int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, unsigned int mode)',
);
const addChdir = foreignFunction('int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)');
const addCloseFrom = optionalFunction(
  'int posix_spawn_file_actions_addclosefrom_np(void *actions, int from)',
);
const attributesInit = foreignFunction('int posix_spawnattr_init(void *attributes)');
const attributesDestroy = foreignFunction('int posix_spawnattr_destroy(void *attributes)');
const setFlags = foreignFunction('int posix_spawnattr_setflags(void *attributes, short flags)');
const setDefaultSignals = foreignFunction(
  'int posix_spawnattr_setsigdefault(void *attributes, const void *signals)',
);
const setMask = foreignFunction('int posix_spawnattr_setsigmask(void *attributes, const void *signals)');
const waitpid = foreignFunction('int waitpid(int pid, _Out_ int *status, int options)');

/** Larger than the C library's types on every machine. */
const OPAQUE_BYTES = 512;
const SIGNAL_SET_BYTES = 128;
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;
const WNOHANG = 1;
const SIGNAL_BASE = 128;
const LOOK_MS = 500;

const running = new Map<number, (exitCode: number) => void>();
let looking: NodeJS.Timeout | undefined;

/**
 * Starts a program in a session of its own. The caller's copies of the descriptors stay open and are the caller's to close.
 * @throws ErrnoException ENOENT when there is no such program, EACCES, EAGAIN, …
 */
export function spawnProcess(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): SpawnedProcess {
  const pid = spawnToOutlive(program, args, options);
  return { pid, ended: untilEnded(pid) };
}

/** The same for one that lives on when this process ends, which neither waits for it nor hears of its end. @returns its PID */
export function spawnToOutlive(
  program: string,
  args: readonly string[],
  { env, cwd, fds, executable }: SpawnOptions,
): number {
  const actions = Buffer.alloc(OPAQUE_BYTES);
  const attributes = Buffer.alloc(OPAQUE_BYTES);
  fine(actionsInit(actions), 'posix_spawn_file_actions_init');
  fine(attributesInit(attributes), 'posix_spawnattr_init');
  try {
    arrangeDescriptors(actions, fds);
    fine(addChdir(actions, cwd), 'posix_spawn_file_actions_addchdir_np');
    // We ignore SIGPIPE, and that would be inherited; all other signals begin as they should anyway.
    fine(
      setDefaultSignals(attributes, Buffer.alloc(SIGNAL_SET_BYTES, 0xff)),
      'posix_spawnattr_setsigdefault',
    );
    fine(setMask(attributes, Buffer.alloc(SIGNAL_SET_BYTES)), 'posix_spawnattr_setsigmask');
    fine(setFlags(attributes, SETSIGDEF | SETSIGMASK | SETSID), 'posix_spawnattr_setflags');
    const path = findProgram(executable ?? program, env['PATH'] ?? '');
    const pid = new Int32Array(1);
    const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const argv = [program, ...args, null];
    externalStep(
      'spawn',
      () => commandLine(program, args, env),
      () =>
        fine(
          posixSpawn(pid, path, actions, attributes, argv, [...environment, null]),
          'posix_spawn',
          program,
        ),
    );
    return pid[0] ?? 0;
  } finally {
    actionsDestroy(actions);
    attributesDestroy(attributes);
  }
}

/** The program and its arguments, and the order to a CNI plugin: how a fault names it. */
export function commandLine(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  const order = env['CNI_COMMAND'] === undefined ? [] : [env['CNI_COMMAND']];
  return [basename(program), ...order, ...args].join(' ');
}

/** By way of numbers above all that are in use: a descriptor's place may be another's source. */
function arrangeDescriptors(actions: Buffer, fds: readonly (number | null)[]): void {
  const above = Math.max(fds.length, ...fds.map((fd) => fd ?? 0)) + 1;
  for (const [place, fd] of fds.entries())
    if (fd !== null) fine(addDup2(actions, fd, above + place), 'posix_spawn_file_actions_adddup2');
  for (const [place, fd] of fds.entries()) {
    if (fd === null)
      fine(addOpen(actions, place, '/dev/null', constants.O_RDWR, 0), 'posix_spawn_file_actions_addopen');
    else {
      fine(addDup2(actions, above + place, place), 'posix_spawn_file_actions_adddup2');
      fine(addClose(actions, above + place), 'posix_spawn_file_actions_addclose');
    }
  }
  // Not even what was left open by whoever started us; the C library has it since glibc 2.34.
  if (addCloseFrom !== undefined)
    fine(addCloseFrom(actions, fds.length), 'posix_spawn_file_actions_addclosefrom_np');
}

/** As execvp(3), but by the program's own PATH. What is not found is left to the kernel to refuse. */
function findProgram(program: string, searched: string): string {
  if (program.includes('/')) return program;
  for (const folder of searched.split(':').filter((one) => one !== '')) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Perhaps in the next one.
    }
  }
  throw systemError(os.errno.ENOENT, 'posix_spawn', program);
}

/** posix_spawn's functions answer the error's number itself. */
function fine(errno: number, call: string, detail = ''): void {
  if (errno !== 0) throw systemError(errno, call, detail);
}

function untilEnded(pid: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  if (running.size === 0) {
    process.on('SIGCHLD', reap);
    // Signals come in the main thread only; and whoever waits for a program must not end before it.
    looking = setInterval(reap, LOOK_MS);
  }
  running.set(pid, resolve);
  return promise;
}

/** Asks for our own processes only: others' children are others' to wait for. */
function reap(): void {
  for (const [pid, resolve] of running) {
    const status = new Int32Array(1);
    if (checked(waitpid(pid, status, WNOHANG), 'waitpid', String(pid)) === 0) continue;
    running.delete(pid);
    resolve(exitCodeOf(status[0] ?? 0));
  }
  if (running.size > 0) return;
  process.off('SIGCHLD', reap);
  clearInterval(looking);
}

/** @see wait(2) WIFEXITED, WTERMSIG */
function exitCodeOf(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : SIGNAL_BASE + signal;
}
