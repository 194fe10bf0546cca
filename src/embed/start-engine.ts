import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PeapodError } from '../model/errors.ts';

export interface EngineOptions {
  /** Where state goes; `/var/lib/peapod` unless told. */
  readonly root?: string;
  /** Where state goes that does not outlive a reboot: a tmpfs; `/run/peapod` unless told. */
  readonly runRoot?: string;
  /** Where images lie; those of `peapod run` unless told, so that what was pulled once is there. */
  readonly imagesDir?: string;
  /** Variables for the server, e.g. `PEAPOD_SUBNET`. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long the server may take to be ready; 30 s unless told. */
  readonly timeoutMs?: number;
  /** Gives the start up; what was begun is taken back. */
  readonly signal?: AbortSignal;
}

export interface Engine extends AsyncDisposable {
  readonly url: string;
  /** Where the server's directories are. */
  readonly root: string;
  readonly run: string;
}

interface Ready {
  readonly server?: {
    readonly url: string;
    readonly settings: { readonly root: string; readonly run: string };
  };
}

const READY_MS = 30_000;

/** The folder of this package, whether its sources run or what was built of them. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

export function engineEnv({
  root,
  runRoot,
  imagesDir,
  env,
}: Pick<EngineOptions, 'root' | 'runRoot' | 'imagesDir' | 'env'>): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PEAPOD_NODE: process.execPath,
    ...(root === undefined ? {} : { PEAPOD_ROOT: root }),
    ...(runRoot === undefined ? {} : { PEAPOD_RUN: runRoot }),
    ...(imagesDir === undefined ? {} : { PEAPOD_IMAGES_DIR: imagesDir }),
    ...env,
  };
}

/**
 * Starts a server that lives as long as this process, or until it is disposed of, and takes all its pods along.
 * @throws PeapodError with what the server said when it does not get ready
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  options.signal?.throwIfAborted();
  // In a session of its own: a Ctrl-C at the terminal is this process's alone.
  const child = spawn(join(packageRoot(), 'peapod'), ['serve', '--ephemeral'], {
    env: engineEnv(options),
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-10_000)));
  const exited = new Promise<number | undefined>((resolve) => {
    child.once('error', (error) => {
      said += error.message;
      resolve(undefined);
    });
    child.once('exit', (code) => resolve(code ?? undefined));
  });
  const end = async (): Promise<void> => {
    child.ref();
    child.stdin?.end();
    const code = await exited;
    if (code !== 0) throw new PeapodError('Unavailable', `the engine could not clean up: ${saidBy(said)}`);
  };
  const timeoutMs = options.timeoutMs ?? READY_MS;
  using timer = timeout(timeoutMs);
  const aborted = Promise.withResolvers<'aborted'>();
  const giveUp = (): void => aborted.resolve('aborted');
  options.signal?.addEventListener('abort', giveUp, { once: true });
  const ready = await Promise.race([
    new Promise<Ready>((resolve) => child.once('message', (message) => resolve(message as Ready))),
    exited.then(() => 'exited' as const),
    timer.over.then(() => 'late' as const),
    aborted.promise,
  ]).finally(() => options.signal?.removeEventListener('abort', giveUp));
  if (ready === 'exited') throw new PeapodError('Unavailable', `the engine did not start: ${saidBy(said)}`);
  if (ready === 'aborted') {
    await end().catch(() => {});
    options.signal?.throwIfAborted();
  }
  if (ready === 'aborted' || ready === 'late' || ready.server === undefined) {
    await end().catch(() => {});
    throw new PeapodError('TimedOut', `the engine was not ready after ${timeoutMs} ms: ${saidBy(said)}`);
  }
  // Who forgets to dispose is not kept from ending, and the server ends with it.
  child.unref();
  for (const stream of [child.stdin, child.stderr]) (stream as { unref?: () => void } | null)?.unref?.();
  let ending: Promise<void> | undefined;
  const { url, settings } = ready.server;
  return {
    url,
    ...settings,
    [Symbol.asyncDispose]: () => (ending ??= end()),
  };
}

/** `peapod: why` → `why` */
function saidBy(text: string): string {
  return text.trim().replace(/^peapod: /gm, '') || 'it said nothing';
}

function timeout(ms: number): Disposable & { readonly over: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return { over: promise, [Symbol.dispose]: () => clearTimeout(timer) };
}
