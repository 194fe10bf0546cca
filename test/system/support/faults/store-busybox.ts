import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBusyboxRoot } from '../../../../src/runtime/container/testing/busybox-image.ts';
import { openImageStore } from '../../../../src/runtime/image/open-image-store.ts';

export const BUSYBOX = 'localhost/busybox:test';

/** Into the store of the peapod whose state directory it is. */
export async function storeBusybox(root: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fault-image-'));
  writeBusyboxRoot(join(folder, 'root'));
  execFileSync('tar', ['-C', join(folder, 'root'), '-cf', join(folder, 'root.tar'), '.']);
  const images = await openImageStore({ images: join(root, 'images') });
  await images.importRootfs(join(folder, 'root.tar'), {
    reference: BUSYBOX,
    config: { env: ['PATH=/bin'] },
  });
  rmSync(folder, { recursive: true });
}
