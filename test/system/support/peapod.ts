/** A peapod installation of a test's own: state directories, bridge and subnet that nobody else uses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { imageArchive, type RecipeName } from './images.ts';
import { leaksSince, takeSnapshot } from './leaks.ts';

const PROGRAM = join(import.meta.dirname, '../../../peapod');
/** Another than this repository's, e.g. as it is installed. */
const programNow = (): string => process.env['PEAPOD_PROGRAM'] ?? PROGRAM;
const TIMEOUT_MS = 60_000;

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CallOptions {
  input?: string;
  env?: Record<string, string>;
  timeoutMs?: number;
  /** A program with arguments that runs what follows, e.g. `setpriv …`. */
  wrapper?: readonly string[];
}

export interface TestPeapod extends AsyncDisposable {
  /** The test's directory, with `root` and `run` in it, and free for other files. */
  readonly directory: string;
  readonly root: string;
  readonly run: string;
  readonly bridge: string;
  readonly subnet: string;
  /** The name of the cgroup that all its pods are in: each state directory has its own. */
  readonly cgroup: string;
  readonly env: Record<string, string>;
  /** Runs `peapod ARGS` to its end, whatever that is. */
  call(args: readonly string[], options?: CallOptions): Promise<Result>;
  /** The same, where anything but exit code 0 fails the test. @returns standard output */
  succeed(args: readonly string[], options?: CallOptions): Promise<string>;
  /** Starts `peapod ARGS`; disposing it kills it. */
  start(args: readonly string[], env?: Record<string, string>, wrapper?: readonly string[]): RunningPeapod;
  /** Writes objects as one YAML file. @returns its path */
  manifest(...objects: object[]): Promise<string>;
  /** What this installation's pods have left on the machine by now, beyond what is in its own directory. */
  leaks(): Promise<string[]>;
  /** Puts a test image into the store, without a registry. */
  load(image: RecipeName): Promise<void>;
}

/**
 * Disposing removes all pods, fails with what they left on the machine, and deletes the state.
 * @param env in addition to what selects the installation
 */
export async function startPeapod(env: Record<string, string> = {}): Promise<TestPeapod> {
  const directory = await mkdtemp(join(tmpdir(), 'peapod-test-'));
  const root = join(directory, 'root');
  const run = env['PEAPOD_RUN'] ?? join(directory, 'run');
  await mkdir(join(directory, 'cni'));
  const number = randomInt(256);
  const bridge = `ppt${number}x${process.pid}`.slice(0, 15);
  const subnet = `10.213.${number}.0/24`;
  const own = {
    PEAPOD_ROOT: root,
    PEAPOD_RUN: run,
    PEAPOD_BRIDGE: bridge,
    PEAPOD_SUBNET: subnet,
    PEAPOD_CNI_CONF_DIR: join(directory, 'cni'),
    NO_COLOR: '1',
    // Parts of the server that change what they share with others fail there and then.
    PEAPOD_GUARD_SHARED_OBJECTS: '1',
    ...env,
  };
  const cgroup = cgroupOf(root);
  const scope = { directory, bridge, subnet, cgroup };
  const before = await takeSnapshot(scope);
  let manifests = 0;

  const call = (args: readonly string[], options: CallOptions = {}) =>
    callToEnd(args, { ...options, env: { ...own, ...options.env } });
  const succeed = async (args: readonly string[], options: CallOptions = {}) => {
    const result = await call(args, options);
    if (result.code === 0) return result.stdout;
    throw new Error(`peapod ${args.join(' ')} ended with ${result.code}:\n${result.stdout}${result.stderr}`);
  };

  return {
    directory,
    root,
    run,
    bridge,
    subnet,
    cgroup,
    env: own,
    call,
    succeed,
    start: (args, extra = {}, wrapper) => new RunningPeapod(args, { ...own, ...extra }, wrapper),
    manifest: async (...objects) => {
      const file = join(directory, `manifest-${++manifests}.yaml`);
      await writeFile(file, objects.map((object) => stringify(object)).join('---\n'));
      return file;
    },
    leaks: () => leaksSince(before, scope),
    load: async (image) => {
      await succeed(['load', '-i', await imageArchive(image)]);
    },
    async [Symbol.asyncDispose]() {
      const removed = await call(['rm', '--all', '--force', '--time', '0']);
      const leaks = await leaksSince(before, scope);
      // What is still mounted there can't be deleted, however often it is tried.
      if (leaks.length === 0) await rm(directory, { recursive: true, force: true, maxRetries: 3 });
      if (removed.code !== 0) throw new Error(`peapod rm --all failed: ${removed.stderr}`);
      if (leaks.length > 0) throw new Error(`left on the machine:\n${leaks.join('\n')}`);
    },
  };
}

/** The name of the cgroup that all pods of a state directory are in. */
export function cgroupOf(root: string): string {
  return `peapod-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`;
}

/** A peapod in the foreground, whose output is collected. */
const END_MS = 20_000;

export class RunningPeapod implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #closed: Promise<unknown>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], env: Record<string, string>, wrapper: readonly string[] = []) {
    const [program = '', ...words] = [...wrapper, programNow(), ...args];
    this.child = spawn(program, words, { env: { ...process.env, ...env }, stdio: 'pipe' });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#closed = once(this.child, 'close');
  }

  /** Waits until the output holds the text. @throws with the whole output when it ends or the time is over before */
  async untilPrinted(text: string | RegExp, timeoutMs = TIMEOUT_MS): Promise<void> {
    const printed = () => {
      const output = this.stdout + this.stderr;
      return typeof text === 'string' ? output.includes(text) : text.test(output);
    };
    const deadline = Date.now() + timeoutMs;
    while (!printed()) {
      const ended = this.child.exitCode !== null || this.child.signalCode !== null;
      if (ended || Date.now() > deadline) {
        await sleep(50);
        if (printed()) return;
        throw new Error(`${ended ? 'ended' : 'timed out'} without ${text}:\n${this.stdout}${this.stderr}`);
      }
      await sleep(20);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits for its end. @returns the exit code, or 128 and the signal's number as a shell would say */
  async ended(): Promise<Result> {
    await this.#closed;
    const { exitCode, signalCode } = this.child;
    return {
      code: exitCode ?? (signalCode === 'SIGKILL' ? 137 : 143),
      stdout: this.stdout,
      stderr: this.stderr,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    // A server takes away first what it has made ahead.
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_MS);
    await this.#closed;
    clearTimeout(timer);
  }
}

async function callToEnd(
  args: readonly string[],
  options: CallOptions & { env: Record<string, string> },
): Promise<Result> {
  await using running = new RunningPeapod(args, options.env, options.wrapper);
  running.child.stdin?.on('error', () => undefined);
  running.child.stdin?.end(options.input ?? '');
  using timer = limitTime(running, options.timeoutMs ?? TIMEOUT_MS);
  const result = await running.ended();
  if (timer.over) throw new Error(`peapod ${args.join(' ')} hangs:\n${result.stdout}${result.stderr}`);
  return result;
}

function limitTime(running: RunningPeapod, timeoutMs: number): Disposable & { over: boolean } {
  const limit = { over: false, [Symbol.dispose]: () => clearTimeout(timer) };
  const timer = setTimeout(() => {
    limit.over = true;
    running.signal('SIGKILL');
  }, timeoutMs);
  return limit;
}

/**
 * Asks again and again until the answer is not `undefined` and no error.
 * @throws the last error, or that the time is over
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw new Error(`timed out: ${what}`, { cause: failure });
    await sleep(100);
  }
}
