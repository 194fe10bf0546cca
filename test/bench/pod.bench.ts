/**
 * How long a pod takes from the command to all containers running, and to be gone again: `peapod` without and with a server, podman's
 * `kube play`, containerd over CRI, and bare crun as the floor, in turn, in one run. Then many pods at once, memory, and a large image.
 * Writes the tables and pictures of docs/performance.md.
 *
 *     npm run bench:pod [-- ROUNDS [PODS [IMAGE_MIB]]]
 *
 * Takes some ten minutes; `-- 3 5 50` is for a look, and writes nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pssOf } from './cri/memory.ts';
import { median, timed } from './cri/measure.ts';
import { containerdPlayer } from './pod/containerd-player.ts';
import { crunPlayer } from './pod/crun-player.ts';
import { install } from './pod/install.ts';
import { benchPod, benchPods } from './pod/manifests.ts';
import { keepersOf, peapodHelpers, podmanHelpers } from './pod/memory.ts';
import { type PeapodPlayer, peapodPlayer, serverPlayer } from './pod/peapod-player.ts';
import type { Player, PlayerName } from './pod/player.ts';
import { podmanPlayer } from './pod/podman-player.ts';
import { measurePulls } from './pod/pull.ts';
import { requirePrograms } from './pod/require-programs.ts';
import { type Figure, printFigures, writeFigures } from './report.ts';

const ROUNDS = Number(process.argv[2] ?? 15);
const PODS = Number(process.argv[3] ?? 50);
const IMAGE_MIB = Number(process.argv[4] ?? 500);
/** Fewer tell nothing that is worth writing down. */
const ROUNDS_TO_RECORD = 15;
const SIZES = [1, 3, 10];
const CROWD_CONTAINERS = 3;
const SPARE_SANDBOXES = 2;
const PULLS = 3;
const MEGABYTE = 1_000_000;
const REPOSITORY = join(import.meta.dirname, '../..');

requirePrograms();
const reports = new Map<string, Figure[]>();
function note(peer: string, what: string, unit: string, peapod: number, theirs: number): void {
  const figures = reports.get(peer) ?? [];
  const figure: Figure = { what, unit, peapod, peer: theirs, better: 'less' };
  reports.set(peer, [...figures, figure]);
  printFigures([{ ...figure, what: `${what} : ${peer}` }]);
}

const directory = mkdtempSync(join(tmpdir(), 'peapod-bench-'));
const compileCache = join(directory, 'compiled');
process.env['PEAPOD_PROGRAM'] = install(directory);
try {
  await measurePods();
  const { ours, theirs } = await measurePulls(IMAGE_MIB, Math.min(PULLS, ROUNDS), compileCache);
  const what = `pull and unpack ${IMAGE_MIB} MiB`;
  note('skopeo + umoci', what, 'ms', median(ours.tookMs), median(theirs.tookMs));
  const peak = (bytes: readonly number[]) => median(bytes) / MEGABYTE;
  note('skopeo + umoci', `${what}: peak memory`, 'MB', peak(ours.peakBytes), peak(theirs.peakBytes));
  if (ROUNDS >= ROUNDS_TO_RECORD) await record();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function measurePods(): Promise<void> {
  await using alone = await peapodPlayer(compileCache);
  await using served = await serverPlayer(compileCache, SPARE_SANDBOXES);
  await using podman = await podmanPlayer();
  await using containerd = await containerdPlayer();
  await using crun = await crunPlayer();
  const players: readonly Player[] = [alone, served, podman, containerd, crun];
  for (const size of SIZES) noteTimes(size, await inTurn(players, size));
  await measureCrowd(alone, served, podman);
  await measureMemory(alone, served, podman);
}

interface Times {
  readonly startMs: number[];
  readonly removeMs: number[];
}

/** What disturbs one disturbs the others. */
async function inTurn(players: readonly Player[], size: number): Promise<Map<PlayerName, Times>> {
  const pod = benchPod(directory, size);
  const times = new Map(
    players.map(({ name }): [PlayerName, Times] => [name, { startMs: [], removeMs: [] }]),
  );
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const player of players) {
      const startMs = await timed(() => player.start(pod));
      const removeMs = await timed(() => player.remove(pod));
      // The first round warms caches.
      if (round === 0) continue;
      times.get(player.name)?.startMs.push(startMs);
      times.get(player.name)?.removeMs.push(removeMs);
    }
  return times;
}

function noteTimes(size: number, times: ReadonlyMap<PlayerName, Times>): void {
  const containers = size === 1 ? '1 container' : `${size} containers`;
  const startOf = (name: PlayerName) => median(times.get(name)?.startMs ?? []);
  const removeOf = (name: PlayerName) => median(times.get(name)?.removeMs ?? []);
  for (const peer of ['podman', 'containerd', 'bare crun'] as const)
    for (const [name, how] of [
      ['peapod', ''],
      ['peapod with a server', ', with a server'],
    ] as const) {
      note(peer, `start, ${containers}${how}`, 'ms', startOf(name), startOf(peer));
      if (peer === 'podman')
        note(peer, `stop and remove, ${containers}${how}`, 'ms', removeOf(name), removeOf(peer));
    }
}

async function measureCrowd(
  alone: PeapodPlayer,
  served: PeapodPlayer,
  podman: Awaited<ReturnType<typeof podmanPlayer>>,
): Promise<void> {
  const { file } = benchPods(directory, PODS, CROWD_CONTAINERS);
  const run = async ({ peapod }: PeapodPlayer) => {
    const tookMs = await timed(() => peapod.succeed(['run', '--detach', '-f', file]));
    await peapod.succeed(['rm', '--all', '--force', '--time', '0']);
    return tookMs;
  };
  const aloneMs = await run(alone);
  const servedMs = await run(served);
  const podmanMs = await timed(() => podman.startAll(file));
  await podman.removeAll();
  const what = `start ${PODS} pods of ${CROWD_CONTAINERS} at once`;
  note('podman', what, 'ms', aloneMs, podmanMs);
  note('podman', `${what}, with a server`, 'ms', servedMs, podmanMs);
}

/** Proportional set sizes, with one pod on each side. */
async function measureMemory(
  alone: PeapodPlayer,
  served: PeapodPlayer,
  podman: Awaited<ReturnType<typeof podmanPlayer>>,
): Promise<void> {
  const pod = benchPod(directory, 3);
  const grown = async (player: Player, look: () => number) => {
    const before = look();
    await player.start(pod);
    return (look() - before) / MEGABYTE;
  };
  const ours = await grown(alone, () => peapodHelpers(alone.peapod.directory));
  const theirs = await grown(podman, () => podmanHelpers(podman.directory));
  note('podman', 'memory of a pod of 3 beside its containers', 'MB', ours, theirs);
  await delay(3000);
  const keepers = keepersOf(alone.peapod.run).map(pssOf);
  console.log(`memory of the background process: ${(Math.max(0, ...keepers) / MEGABYTE).toFixed(1)} MB`);
  console.log(`memory of the server: ${(pssOf(served.serverPid ?? 0) / MEGABYTE).toFixed(1)} MB`);
  await alone.remove(pod);
  await podman.remove(pod);
}

async function record(): Promise<void> {
  const names: Record<string, string> = {
    podman: 'pod',
    containerd: 'pod-containerd',
    'bare crun': 'pod-crun',
    'skopeo + umoci': 'pull',
  };
  for (const [peer, figures] of reports)
    await writeFigures(join(REPOSITORY, 'docs/performance'), { name: names[peer] ?? peer, peer, figures });
}
