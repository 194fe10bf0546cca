/** A server of its own for a test file, and kubectl that speaks to it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LeakScope, leaksSince, takeSnapshot } from './leaks.ts';
import { cgroupOf, type RunningPeapod, startPeapod, type TestPeapod } from './peapod.ts';

/** Each a fifth of a second: for as many pods as a node may have. */
const CLEARING_TRIES = 450;

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestCluster extends AsyncDisposable {
  readonly peapod: TestPeapod;
  readonly kubeconfig: string;
  /** The name of the cgroup that its pods are in. */
  readonly cgroup: string;
  /** What kubectl prints; a failure is the test's. */
  kubectl(...args: string[]): Promise<string>;
  /** kubectl with something to read, and any end. */
  call(args: readonly string[], input?: string): Promise<Answer>;
  /** Applies a manifest. */
  apply(manifest: string, ...args: string[]): Promise<string>;
  /** The server's process. */
  pid(): number;
  /** What the present server has complained of. */
  stderr(): string;
  /** Kills the server at once; its pods run on. */
  kill(): Promise<void>;
  /** Tells the server to end, and waits. */
  stop(): Promise<void>;
  start(...args: string[]): Promise<void>;
}

/** @param options.args more arguments of `peapod serve` @param options.env more of its environment */
export async function startCluster({
  args = [],
  env = {},
}: {
  args?: readonly string[];
  env?: Record<string, string>;
} = {}): Promise<TestCluster> {
  const peapod = await startPeapod(env);
  await peapod.load('busybox');
  const scope: LeakScope = {
    directory: peapod.directory,
    bridge: `${peapod.bridge.slice(0, 14)}s`,
    subnet: peapod.subnet.replace('10.213.', '10.214.'),
    cgroup: cgroupOf(join(peapod.root, 'cluster')),
  };
  const before = await takeSnapshot(scope);
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
      const child = execFile(
        'kubectl',
        [...given],
        { env: { ...process.env, KUBECONFIG: kubeconfig }, timeout: 420_000, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
          resolve({ code, stdout, stderr });
        },
      );
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
    cgroup: scope.cgroup,
    call,
    kubectl: (...given) => succeed(given),
    apply: (manifest, ...given) => succeed(['apply', ...given, '-f', '-'], manifest),
    pid: () => server?.child.pid ?? 0,
    stderr: () => server?.stderr ?? '',
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    start,
    [Symbol.asyncDispose]: async () => {
      const kinds = 'deployments,daemonsets,cronjobs,jobs,replicasets,pods';
      // Only a server can take its pods away.
      if (server === undefined) await start();
      await call(['delete', kinds, '--all', '-A', '--grace-period=1', '--timeout=30s']);
      // What pods without grace leave is cleared away while the server runs.
      const has = (kind: string) =>
        existsSync(join(peapod.root, 'cluster', kind)) &&
        readdirSync(join(peapod.root, 'cluster', kind)).length > 0;
      for (let tries = 0; tries < CLEARING_TRIES && (has('sandboxes') || has('pods')); tries += 1)
        await delay(200);
      await end('SIGTERM');
      const leaks = await leaksSince(before, scope);
      await peapod[Symbol.asyncDispose]();
      if (leaks.length > 0) throw new Error(`left on the machine:\n${leaks.join('\n')}`);
    },
  };
}
