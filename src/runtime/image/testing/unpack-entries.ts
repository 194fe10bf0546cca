import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyLayer } from '../unpack/apply-layer.ts';
import { DEFAULT_SPACE_LIMITS, SpaceGuard, type SpaceLimits } from '../unpack/space-guard.ts';
import { type TarEntry, writeTar } from './write-tar.ts';

export interface Playground extends Disposable {
  /** Where layers are unpacked. */
  readonly layer: string;
  /** Beside it: what a hostile layer would like to reach. Holds `secret`, with the text `host`. */
  readonly outside: string;
  unpack(entries: readonly TarEntry[] | Buffer, limits?: Partial<SpaceLimits>): Promise<void>;
}

/** A layer's directory with something beside it; the test fails when a descriptor stays open. */
export function makePlayground(): Playground {
  const root = mkdtempSync(join(tmpdir(), 'peapod-unpack-'));
  const layer = join(root, 'layer');
  const outside = join(root, 'outside');
  mkdirSync(layer);
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'host', { mode: 0o600 });
  return {
    layer,
    outside,
    async unpack(entries, limits = {}) {
      const before = openDescriptors();
      const tar = Buffer.isBuffer(entries) ? entries : writeTar(entries);
      const guard = new SpaceGuard(layer, { ...DEFAULT_SPACE_LIMITS, ...limits });
      const outcome = await Promise.allSettled([applyLayer(inPieces(tar), layer, { guard })]);
      if (openDescriptors() > before) throw new Error('a descriptor stays open');
      if (outcome[0].status === 'rejected') throw outcome[0].reason;
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** In pieces that end in the middle of headers. */
async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += 1000) yield bytes.subarray(offset, offset + 1000);
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
