/** `peapod serve` with a test image, and kubectl that speaks to it. */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningPeapod, startPeapod, type TestPeapod } from './peapod.ts';

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface KubectlServer extends AsyncDisposable {
  readonly peapod: TestPeapod;
  /** Path of the administrator's. */
  readonly kubeconfig: string;
  /** The server's process. */
  pid(): number;
  /** Ends the server and starts it at the same address. */
  restart(): Promise<void>;
  /** Runs kubectl to its end, whatever that is. */
  call(args: readonly string[], options?: { input?: string; env?: Record<string, string> }): Promise<Answer>;
  /** The same, where anything but success fails the test. @returns standard output */
  kubectl(...args: string[]): Promise<string>;
  /** Applies objects or YAML. @returns what kubectl says, a line each */
  apply(what: string | readonly object[], ...args: string[]): Promise<string>;
  /** A kubectl that goes on until it is killed. */
  start(...args: string[]): ChildProcessWithoutNullStreams;
}

/** @param config what `--config` is to say */
export async function startKubectlServer(config: object = {}): Promise<KubectlServer> {
  const peapod = await startPeapod();
  const configFile = join(peapod.directory, 'serve.yaml');
  await writeFile(configFile, JSON.stringify(config));
  await peapod.load('busybox');
  const kubeconfig = join(peapod.directory, 'kubeconfig');
  const startServer = async (listen: string): Promise<RunningPeapod> => {
    const server = peapod.start(['serve', '--config', configFile, '--listen', listen]);
    await server.untilPrinted(/Node \S+ is ready/);
    await writeFile(kubeconfig, await peapod.succeed(['kubeconfig']));
    return server;
  };
  let server = await startServer('127.0.0.1:0');
  const address = /https:\/\/(\S+)/.exec(server.stdout)?.[1] ?? '';

  const envOf = (env: Record<string, string> = {}) => ({ ...process.env, KUBECONFIG: kubeconfig, ...env });
  const call: KubectlServer['call'] = (args, { input, env } = {}) =>
    new Promise((resolve) => {
      const options = { env: envOf(env), timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
      const child = execFile('kubectl', [...args], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.on('error', () => {}).end(input ?? '');
    });
  const kubectl: KubectlServer['kubectl'] = async (...args) => {
    const { code, stdout, stderr } = await call(args);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  return {
    peapod,
    kubeconfig,
    pid: () => server.child.pid ?? 0,
    call,
    kubectl,
    restart: async () => {
      await server[Symbol.asyncDispose]();
      server = await startServer(address);
    },
    apply: async (what, ...args) => {
      const input =
        typeof what === 'string' ? what : JSON.stringify({ apiVersion: 'v1', kind: 'List', items: what });
      const { code, stdout, stderr } = await call(['apply', '-f', '-', ...args], { input });
      assert.equal(code, 0, stderr);
      return stdout.trim();
    },
    start: (...args) => spawn('kubectl', args, { env: envOf() }),
    [Symbol.asyncDispose]: async () => {
      await kubectl('delete', 'deployments,jobs,cronjobs', '--all', '-A', '--timeout=30s');
      await kubectl('delete', 'pods', '--all', '-A', '--grace-period=1', '--timeout=30s');
      await server[Symbol.asyncDispose]();
      await peapod[Symbol.asyncDispose]();
    },
  };
}
