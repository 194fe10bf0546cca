import { type ChildProcess, spawn } from 'node:child_process';
import type { RemoteSession, TerminalSize } from '../remote-session.ts';

/** A session with a process of this machine, which remembers what was asked of it. */
export class ProcessSession implements RemoteSession {
  readonly #child: ChildProcess;
  readonly stdin;
  readonly stdout;
  readonly stderr;
  readonly exit: Promise<number>;
  readonly sizes: TerminalSize[] = [];
  disposed = false;

  constructor(command: readonly string[], options: { stdin: boolean; stderr: boolean }) {
    const [program = 'true', ...args] = command;
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.stdin = options.stdin ? (this.#child.stdin ?? undefined) : undefined;
    if (!options.stdin) this.#child.stdin?.end();
    this.stdout = this.#child.stdout ?? undefined;
    this.stderr = options.stderr ? (this.#child.stderr ?? undefined) : undefined;
    this.exit = new Promise((resolve) => {
      this.#child.once('exit', (code) => resolve(code ?? 137));
      this.#child.once('error', () => resolve(127));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  resize(size: TerminalSize): void {
    this.sizes.push(size);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    this.#child.kill('SIGKILL');
    await this.exit;
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream?.destroy();
  }
}
