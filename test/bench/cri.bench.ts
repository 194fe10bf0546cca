/**
 * What CRI's calls take: `peapod cri` and Debian's containerd through the same client, in turn, in one run. Writes the table and the
 * picture of docs/performance.md.
 *
 *     npm run build && npm run bench:cri [-- ROUNDS [PODS]]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busyboxImage, pushImage, startRegistry } from '../system/support/registry.ts';
import { CONTAINERS, endPod, median, quantile, startMany, startPod, timed } from './cri/measure.ts';
import { type BenchSubject, containerdSubject, peapodSubject } from './cri/subjects.ts';
import { type Figure, printFigures, writeFigures } from './report.ts';

const ROUNDS = Number(process.argv[2] ?? 15);
const PODS = Number(process.argv[3] ?? 110);
const EXECS = 100;
const LISTS = 50;
const MEGABYTE = 1_000_000;
const REPOSITORY = join(import.meta.dirname, '../..');

const figures: Figure[] = [];
function note(what: string, unit: string, peapod: number, peer: number): void {
  const figure: Figure = { what, unit, peapod, peer, better: 'less' };
  figures.push(figure);
  printFigures([figure]);
}

const directory = mkdtempSync(join(tmpdir(), 'peapod-bench-cri-'));
const registry = await startRegistry();
const { reference } = await pushImage(registry, 'bench:1', busyboxImage());
const ours = await peapodSubject(reference, join(directory, 'compiled'));
const theirs = await containerdSubject(registry, reference);
/** Each side in turn, so that what disturbs one disturbs the other. */
async function inTurn(rounds: number, work: (side: BenchSubject) => Promise<number>) {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1)
    for (const [index, side] of [ours, theirs].entries()) {
      const took = await work(side);
      // The first round warms caches.
      if (round > 0) times[index]?.push(took);
    }
  return times;
}

try {
  await measureLife();
  await measureExec();
  await measureMany();
  await writeFigures(join(REPOSITORY, 'docs/performance'), { name: 'cri', peer: 'containerd', figures });
} finally {
  // In this order: ours looks for what was left since it began.
  await theirs[Symbol.asyncDispose]();
  await ours[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
}

async function measureLife(): Promise<void> {
  const ends: [number[], number[]] = [[], []];
  const starts = await inTurn(ROUNDS, async (side) => {
    let pod = { id: '', config: {} };
    const tookMs = await timed(async () => {
      pod = await startPod(side.subject);
    });
    ends[side === ours ? 0 : 1].push(await timed(() => endPod(side.subject, pod)));
    return tookMs;
  });
  note(`start a pod of ${CONTAINERS} containers`, 'ms', median(starts[0]), median(starts[1]));
  note('stop and remove it', 'ms', median(ends[0].slice(1)), median(ends[1].slice(1)));
}

async function measureExec(): Promise<void> {
  const containers = new Map<BenchSubject, string>();
  for (const side of [ours, theirs])
    containers.set(
      side,
      await side.subject.started(await side.subject.pod(), { command: ['sleep', '100000'] }),
    );
  const times = await inTurn(EXECS, (side) =>
    timed(() => side.subject.runtime.execSync({ containerId: containers.get(side) ?? '', cmd: ['true'] })),
  );
  for (const [name, q] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const)
    note(`ExecSync: ${name}`, 'ms', quantile(times[0], q), quantile(times[1], q));
  for (const side of [ours, theirs]) await side.subject.clear();
}

async function measureMany(): Promise<void> {
  note('daemon, without pods', 'MB', ours.daemonBytes() / MEGABYTE, theirs.daemonBytes() / MEGABYTE);
  const helpers: number[] = [];
  for (const side of [ours, theirs]) {
    const before = side.helperBytes();
    await startMany(side.subject, PODS);
    helpers.push((side.helperBytes() - before) / PODS / MEGABYTE);
  }
  note(`memory of a pod beside its containers, of ${PODS}`, 'MB', helpers[0] ?? 0, helpers[1] ?? 0);
  note(`daemon, with ${PODS} pods`, 'MB', ours.daemonBytes() / MEGABYTE, theirs.daemonBytes() / MEGABYTE);
  const sandboxes = await inTurn(LISTS, (side) => timed(() => side.subject.runtime.listPodSandbox({})));
  note(`ListPodSandbox of ${PODS}`, 'ms', median(sandboxes[0]), median(sandboxes[1]));
  const containers = await inTurn(LISTS, (side) => timed(() => side.subject.runtime.listContainers({})));
  note(`ListContainers of ${PODS * CONTAINERS}`, 'ms', median(containers[0]), median(containers[1]));
}
