/** `peapod serve` in a lab, and what is asked of it over its socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { unixTransport } from '../../../../src/client/unix-transport.ts';
import type { Pod } from '../../../../src/model/api/types.ts';

const PROGRAM = join(import.meta.dirname, '../../../../peapod');
const ORDER = '/run/fault-order';
const SOCKET = '/run/peapod/cluster/api.sock';
const PODS = '/api/v1/namespaces/default/pods';
/** A machine that does other things too. */
const LATEST_MS = 90_000;

export class LabServer {
  readonly #transport = unixTransport(SOCKET);
  readonly #root: string;
  #child: ChildProcess | undefined;
  #said = '';

  /** @param root its state directory: cgroups are named after it, and seen by all labs */
  constructor(root: string) {
    this.#root = root;
  }

  async start(): Promise<void> {
    this.order('');
    this.#said = '';
    const child = spawn(PROGRAM, ['serve', '--listen', '127.0.0.1:0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PEAPOD_ROOT: this.#root, PEAPOD_FAULT: `order:${ORDER}` },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream
        .setEncoding('utf8')
        .on('data', (text: string) => (this.#said = (this.#said + text).slice(-4000)));
    await this.until('the server is ready', async () => /is ready/.test(this.#said));
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

  async end(): Promise<void> {
    if (this.isDead || this.#child === undefined) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }

  /** Waits for it, or for the server's death. @returns whether it came @throws when neither comes in time */
  async until(what: string, holds: () => Promise<boolean>): Promise<boolean> {
    const end = Date.now() + LATEST_MS;
    for (;;) {
      if (await holds().catch(() => false)) return true;
      if (this.isDead) {
        if (this.#child?.signalCode !== 'SIGKILL') throw new Error(`the server ended: ${this.#said}`);
        return false;
      }
      if (Date.now() > end) throw new Error(`timed out: ${what}; ${await this.#podsText()}; ${this.#said}`);
      await delay(30);
    }
  }

  async create(pod: Pod): Promise<void> {
    await this.#call('POST', PODS, pod);
  }

  async delete(name: string, gracePeriodSeconds: number): Promise<void> {
    await this.#call('DELETE', `${PODS}/${name}`, { gracePeriodSeconds });
  }

  /** @returns nothing when there is none. @throws while nobody answers */
  async get(name: string): Promise<Pod | undefined> {
    return await this.#call('GET', `${PODS}/${name}`);
  }

  async isReady(name: string, restarts = 0): Promise<boolean> {
    const pod = await this.get(name);
    const [container] = pod?.status?.containerStatuses ?? [];
    const ready = pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return ready === true && (container?.restartCount ?? -1) >= restarts;
  }

  async #call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T | undefined> {
    const { status, body: answer } = await this.#transport.send({
      method,
      path,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const said = (await json(answer)) as T & { message?: string };
    if (status === 404) return undefined;
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${said.message}`);
    return said;
  }

  async #podsText(): Promise<string> {
    if (!existsSync(SOCKET)) return 'no server';
    const list = await this.#call<{ items: Pod[] }>('GET', PODS).catch(String);
    return JSON.stringify(typeof list === 'string' ? list : list?.items.map(({ status }) => status)).slice(
      0,
      2000,
    );
  }
}
