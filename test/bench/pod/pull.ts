import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushImage, startRegistry } from '../../system/support/registry.ts';
import { startPeapod } from '../../system/support/peapod.ts';
import type { TarEntry } from '../../../src/runtime/image/testing/write-tar.ts';
import { timed } from '../cri/measure.ts';

const MEBIBYTE = 1024 * 1024;
const LAYERS = 5;
const FILE_BYTES = 2 * MEBIBYTE;
const SAMPLE_MS = 10;

export interface Pulled {
  tookMs: number[];
  /** The largest resident size of any of the processes, in bytes. */
  peakBytes: number[];
}

/** An image of so many MiB of files, half of which compresses well: pulled and unpacked by peapod, and by skopeo and umoci, in turn. */
export async function measurePulls(
  sizeMib: number,
  rounds: number,
  compileCache: string,
): Promise<{ ours: Pulled; theirs: Pulled }> {
  await using registry = await startRegistry();
  const { reference } = await pushImage(registry, 'large:1', { layers: largeLayers(sizeMib) });
  await using peapod = await startPeapod({ NODE_COMPILE_CACHE: compileCache });
  const directory = await mkdtemp(join(tmpdir(), 'peapod-bench-pull-'));
  const ours: Pulled = { tookMs: [], peakBytes: [] };
  const theirs: Pulled = { tookMs: [], peakBytes: [] };
  try {
    for (let round = 0; round < rounds; round += 1) {
      await record(ours, [() => watched(peapod.start(['pull', reference]).child)]);
      await peapod.succeed(['rmi', reference]);
      await record(theirs, byOthers(directory, reference));
      for (const name of ['image', 'rootfs'])
        await rm(join(directory, name), { recursive: true, force: true });
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return { ours, theirs };
}

/** @returns the peak of the resident size, in bytes */
type Step = () => Promise<number>;

async function record(to: Pulled, steps: readonly Step[]): Promise<void> {
  let peak = 0;
  const tookMs = await timed(async () => {
    for (const step of steps) peak = Math.max(peak, await step());
  });
  to.tookMs.push(tookMs);
  to.peakBytes.push(peak);
}

function byOthers(directory: string, reference: string): Step[] {
  const image = `${join(directory, 'image')}:large`;
  const copy = ['copy', '--quiet', '--insecure-policy', '--src-tls-verify=false', `docker://${reference}`];
  const unpack = ['raw', 'unpack', '--image', image, join(directory, 'rootfs')];
  return [
    () => watched(spawn('skopeo', [...copy, `oci:${image}`], { stdio: ['ignore', 'ignore', 'inherit'] })),
    () => watched(spawn('umoci', unpack, { stdio: 'ignore' })),
  ];
}

/** Waits for its end, and looks at its memory meanwhile. */
async function watched(child: ChildProcess): Promise<number> {
  let peakKib = 0;
  const look = () => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peakKib = Math.max(peakKib, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, SAMPLE_MS);
  try {
    await once(child, 'exit');
  } finally {
    clearInterval(timer);
  }
  if (child.exitCode !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${child.exitCode}`);
  return peakKib * 1024;
}

function largeLayers(sizeMib: number): TarEntry[][] {
  const files = Math.ceil((sizeMib * MEBIBYTE) / FILE_BYTES);
  const text = Buffer.alloc(FILE_BYTES / 2, 'What is half of this file, over and over again.\n');
  return Array.from({ length: LAYERS }, (_, layer) =>
    Array.from({ length: Math.ceil(files / LAYERS) }, (__, index) => ({
      name: `file-${layer}-${index}`,
      content: Buffer.concat([randomBytes(FILE_BYTES / 2), text]),
    })),
  );
}
