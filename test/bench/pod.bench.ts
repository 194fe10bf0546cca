/**
 * How long a pod takes from the command to all containers running: `peapod run --detach` and podman's `kube play`, in turn,
 * in one run. Prints medians and their ratios; the absolute figures are this machine's.
 *
 *     npm run bench:pod [-- RUNS]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { imageArchive } from '../system/support/images.ts';
import { startPeapod } from '../system/support/peapod.ts';

const RUNS = Number(process.argv[2] ?? 15);
const SIZES = [1, 3, 10];
const IMAGE = 'localhost:5000/peapod/busybox:1';

interface Timing {
  startMs: number;
  removeMs: number;
}

function manifest(directory: string, containers: number): { file: string; name: string } {
  const name = `bench-${containers}`;
  const file = join(directory, `${name}.yaml`);
  const container = (index: number) => ({
    name: `c${index}`,
    image: IMAGE,
    imagePullPolicy: 'IfNotPresent',
    command: ['sleep', '1000'],
  });
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: Array.from({ length: containers }, (_, index) => container(index)),
    },
  };
  writeFileSync(file, stringify(pod));
  return { file, name };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function row(what: string, ours: readonly number[], theirs: readonly number[]): string {
  const [a, b] = [median(ours), median(theirs)];
  const cells = [
    what.padEnd(28),
    `${a.toFixed(0)} ms`.padStart(10),
    `${b.toFixed(0)} ms`.padStart(10),
    (a / b).toFixed(2).padStart(7),
  ];
  return cells.join('');
}

const directory = mkdtempSync(join(tmpdir(), 'peapod-bench-'));
const podmanConf = join(directory, 'containers.conf');
writeFileSync(podmanConf, '[containers]\ndefault_ulimits=["nofile=9000:9000","nproc=9000:9000"]\n');
/** podman in a network namespace of its own: the chains and bridges that its plugins leave behind go with it. */
const NETNS = 'peapod-bench';
const LEASES = '/var/lib/cni/networks/podman-default-kube-network';
const hadLeases = existsSync(LEASES);
const podman = (...args: string[]) => {
  const own = ['--root', join(directory, 'podman'), '--runroot', join(directory, 'podman-run')];
  return execFileSync('nsenter', [`--net=/run/netns/${NETNS}`, 'podman', ...own, ...args], {
    env: { ...process.env, CONTAINERS_CONF: podmanConf },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
};

execFileSync('ip', ['netns', 'add', NETNS]);
const peapod = await startPeapod({ NODE_COMPILE_CACHE: join(directory, 'compiled') });
try {
  await peapod.load('busybox');
  podman('load', '-i', await imageArchive('busybox'));
  console.log(`median of ${RUNS}`.padEnd(28), '   peapod', '   podman', '  ratio');
  for (const size of SIZES) {
    const { file, name } = manifest(directory, size);
    const ours: Timing[] = [];
    const theirs: Timing[] = [];
    for (let run = 0; run <= RUNS; run += 1) {
      const our = {
        startMs: await timed(() => peapod.succeed(['run', '--detach', '-f', file])),
        removeMs: await timed(() => peapod.succeed(['rm', '--force', '--time', '0', name])),
      };
      const their = {
        startMs: await timed(async () => podman('kube', 'play', file)),
        removeMs: await timed(async () => podman('pod', 'rm', '--force', '--time', '0', name)),
      };
      // The first one warms caches.
      if (run === 0) continue;
      ours.push(our);
      theirs.push(their);
    }
    const containers = size === 1 ? '1 container' : `${size} containers`;
    console.log(
      row(
        `start, ${containers}`,
        ours.map((t) => t.startMs),
        theirs.map((t) => t.startMs),
      ),
    );
    console.log(
      row(
        `stop and remove, ${containers}`,
        ours.map((t) => t.removeMs),
        theirs.map((t) => t.removeMs),
      ),
    );
  }
} finally {
  podman('pod', 'rm', '--all', '--force', '--time', '0');
  execFileSync('ip', ['netns', 'delete', NETNS]);
  if (!hadLeases) rmSync(LEASES, { recursive: true, force: true });
  await peapod[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
}
