/** What is measured: a server, and clients that speak to it over HTTP/2 and TLS. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

export interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** From the start of the process to the first answer. */
  readonly startMs: number;
  /** A connection of its own. */
  connect(): Promise<Client>;
}

export interface Client extends Disposable {
  /**
   * Resolves when the object is durable.
   * @param variant in what a pod's specification differs from others'; they are all of one template without it
   */
  create(folder: Folder, name: string, variant?: string): Promise<void>;
  get(folder: Folder, name: string): Promise<void>;
  /** @returns how many there are */
  list(folder: Folder): Promise<number>;
  /** Resolves when the watch stands. */
  watch(folder: Folder, onEvent: () => void): Promise<void>;
}

export type Folder = 'pods' | 'configmaps';

/** The value of a variable in pods of one template. */
export const TEMPLATE = 'one template';

/** The objects, as they are sent; no node takes the pods. */
export function objectOf(folder: Folder, name: string, variant = TEMPLATE): object {
  const metadata = { name, namespace: 'default', labels: { app: 'bench', tier: 'web' } };
  if (folder === 'configmaps')
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { key: 'value'.repeat(20) } };
  const container = {
    name: 'c',
    image: 'registry.example/app:1',
    env: [{ name: 'A', value: variant }],
    ports: [{ containerPort: 8080 }],
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { schedulerName: 'nobody', containers: [container] },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface Started extends AsyncDisposable {
  readonly pid: number;
  readonly startMs: number;
}

/** Starts a server and asks until it answers well. @throws Error with its output when it ends before */
export async function startProcess(
  command: readonly string[],
  env: Record<string, string>,
  healthUrl: string,
): Promise<Started> {
  const begin = performance.now();
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (text: Buffer) => (output = `${output}${text.toString()}`.slice(-4000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  while (!(await isHealthy(healthUrl))) {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${output}`);
    await delay(2);
  }
  const startMs = performance.now() - begin;
  return { pid: child.pid ?? 0, startMs, [Symbol.asyncDispose]: () => end(child) };
}

function isHealthy(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    request(url, { rejectUnauthorized: false, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode === 200));
    })
      .on('error', () => resolve(false))
      .end();
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Lists are long: neither server is to wait for the client. */
export const WINDOW = { initialWindowSize: 16 * 1024 * 1024 };
