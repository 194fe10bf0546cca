import type { Digest } from '../digest.ts';
import { inParallel } from '../registry/in-parallel.ts';
import type { PullSettings } from '../registry/pull-image.ts';
import { ensureLayer, findLayer, type LayerRecord } from '../store/layers.ts';
import type { StoreFiles } from '../store/store-files.ts';
import { referencedLayers } from '../store/stored-images.ts';
import type { ArchiveFile } from './archive-file.ts';
import type { LoadCall } from './load-archive.ts';

/** Unpacks the members of an archive that are layers, those that are here already excepted. */
export async function loadLayers(
  files: StoreFiles,
  archive: ArchiveFile,
  members: readonly string[],
  diffIds: readonly Digest[],
  settings: PullSettings,
  call: LoadCall,
): Promise<LayerRecord[]> {
  const trusted = await referencedLayers(files);
  const layers = diffIds.map((diffId, index) => ({ diffId, member: members[index] ?? '' }));
  return inParallel(layers, settings.parallelLayers, call.signal, async ({ diffId, member }, signal) => {
    const known = await findLayer(files, diffId, trusted);
    if (known !== undefined) {
      call.onProgress?.({ layerDigest: diffId, phase: 'present', currentBytes: 0, totalBytes: 0 });
      return known;
    }
    const totalBytes = archive.sizeOf(member);
    call.onProgress?.({ layerDigest: diffId, phase: 'unpacking', currentBytes: 0, totalBytes });
    const record = await ensureLayer(files, diffId, trusted, () => archive.stream(member), {
      limits: settings.limits,
      signal,
    });
    call.onProgress?.({ layerDigest: diffId, phase: 'done', currentBytes: totalBytes, totalBytes });
    return record;
  });
}
