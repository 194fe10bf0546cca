/** A peapod that lives until it is ended or dies, in a lab, and is told what is to go wrong in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const PROGRAM = join(import.meta.dirname, '../../../../peapod');
const ORDER = '/run/fault-order';
/** A machine that does other things too. */
const LATEST_MS = 90_000;

export class LabProcess {
  readonly #args: readonly string[];
  readonly #ready: RegExp;
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #said = '';

  /**
   * @param ready what it prints when it is
   * @param root its state directory: cgroups are named after it, and seen by all labs
   */
  constructor(args: readonly string[], ready: RegExp, root: string, env: Record<string, string> = {}) {
    this.#args = args;
    this.#ready = ready;
    this.#env = { ...env, PEAPOD_ROOT: root, PEAPOD_FAULT: `order:${ORDER}` };
  }

  async start(): Promise<void> {
    this.order('');
    this.#said = '';
    const child = spawn(PROGRAM, this.#args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#env },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream
        .setEncoding('utf8')
        .on('data', (text: string) => (this.#said = (this.#said + text).slice(-4000)));
    const isReady = await this.until(`${this.#args[0]} is ready`, async () => this.#ready.test(this.#said));
    if (!isReady) throw new Error(`${this.#args[0]} was killed as it started`);
  }

  /** What is to go wrong, from now on; empty: nothing. */
  order(text: string): void {
    if (text === '') rmSync(ORDER, { force: true });
    else writeFileSync(ORDER, text);
  }

  get isDead(): boolean {
    const child = this.#child;
    return child === undefined || child.exitCode !== null || child.signalCode !== null;
  }

  get pid(): number | undefined {
    return this.isDead ? undefined : this.#child?.pid;
  }

  /** What it printed last. */
  get said(): string {
    return this.#said;
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.isDead || this.#child === undefined) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }

  /**
   * Waits for it, or for the death of the process.
   * @returns whether it came @throws when neither comes in time, or the process ended otherwise than by SIGKILL
   */
  async until(
    what: string,
    holds: () => Promise<boolean>,
    details?: () => Promise<string>,
  ): Promise<boolean> {
    const end = Date.now() + LATEST_MS;
    for (;;) {
      if (await holds().catch(() => false)) return true;
      if (this.isDead) {
        if (this.#child?.signalCode !== 'SIGKILL') throw new Error(`${this.#args[0]} ended: ${this.#said}`);
        return false;
      }
      if (Date.now() > end)
        throw new Error(`timed out: ${what}; ${(await details?.()) ?? ''}; ${this.#said}`);
      await delay(30);
    }
  }
}
