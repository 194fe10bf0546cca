/** A server of its own for a test file, and kubectl that speaks to it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageArchive } from './images.ts';
import { type RunningPeapod, startPeapod, type TestPeapod } from './peapod.ts';

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestCluster extends AsyncDisposable {
  readonly peapod: TestPeapod;
  readonly kubeconfig: string;
  /** What kubectl prints; a failure is the test's. */
  kubectl(...args: string[]): Promise<string>;
  /** kubectl with something to read, and any end. */
  call(args: readonly string[], input?: string): Promise<Answer>;
  /** Applies a manifest. */
  apply(manifest: string, ...args: string[]): Promise<string>;
  /** Kills the server at once; its pods run on. */
  kill(): Promise<void>;
  /** Tells the server to end, and waits. */
  stop(): Promise<void>;
  start(...args: string[]): Promise<void>;
}

/** @param options.args more arguments of `peapod serve` */
export async function startCluster({ args = [] }: { args?: readonly string[] } = {}): Promise<TestCluster> {
  const peapod = await startPeapod();
  const own = ['--root', join(peapod.root, 'cluster'), '--run-root', join(peapod.run, 'cluster')];
  await peapod.succeed([...own, 'load', '-i', await imageArchive('busybox')]);
  const kubeconfig = join(peapod.directory, 'kubeconfig');
  let server: RunningPeapod | undefined;
  let listen = '127.0.0.1:0';
  const start = async (...more: string[]): Promise<void> => {
    server = peapod.start(['serve', '--listen', listen, ...args, ...more]);
    await server.untilPrinted(/Node \S+ is ready/);
    await writeFile(kubeconfig, await peapod.succeed(['kubeconfig']));
    listen = /https:\/\/(127\.0\.0\.1:\d+)/.exec(await peapod.succeed(['kubeconfig']))?.[1] ?? listen;
  };
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    server?.signal(signal);
    await server?.ended();
    server = undefined;
  };
  const call = (given: readonly string[], input?: string): Promise<Answer> =>
    new Promise((resolve) => {
      const env = { ...process.env, KUBECONFIG: kubeconfig };
      const child = execFile('kubectl', [...given], { env, timeout: 60_000 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.end(input ?? '');
    });
  const succeed = async (given: readonly string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await call(given, input);
    assert.equal(code, 0, `kubectl ${given.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  await start();
  return {
    peapod,
    kubeconfig,
    call,
    kubectl: (...given) => succeed(given),
    apply: (manifest, ...given) => succeed(['apply', ...given, '-f', '-'], manifest),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    start,
    [Symbol.asyncDispose]: async () => {
      const kinds = 'deployments,daemonsets,cronjobs,jobs,replicasets,pods';
      if (server !== undefined)
        await call(['delete', kinds, '--all', '-A', '--grace-period=1', '--timeout=30s']);
      await end('SIGTERM');
      await peapod[Symbol.asyncDispose]();
    },
  };
}
