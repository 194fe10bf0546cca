import type { Readable } from 'node:stream';
import { PeapodError } from '../../../model/errors.ts';
import type { LoadOptions } from '../image-store.ts';
import type { PullSettings } from '../registry/pull-image.ts';
import type { ImageRecord } from '../store/image-records.ts';
import type { StoreFiles } from '../store/store-files.ts';
import { makeTemporaryDirectory } from '../store/temporary-directory.ts';
import { ArchiveFile } from './archive-file.ts';
import { archiveBytes } from './archive-source.ts';
import { loadDockerImages } from './load-docker-images.ts';
import { loadOciImages } from './load-oci-images.ts';

export type LoadCall = LoadOptions & { signal?: AbortSignal };

/**
 * Stores the images of a docker-archive (`docker save`) or an oci-archive. One that is both is taken as Docker's, whose
 * manifest has the names. The caller holds the store's lock.
 * @throws PeapodError ImageCorrupt when it is neither
 */
export async function loadArchive(
  files: StoreFiles,
  archive: Readable | string,
  settings: PullSettings,
  call: LoadCall,
): Promise<ImageRecord[]> {
  await using work = await makeTemporaryDirectory(files);
  const spooled = await ArchiveFile.spool(archiveBytes(archive), work.path, settings.limits, call.signal);
  if (spooled.has('manifest.json')) return await loadDockerImages(files, spooled, settings, call);
  if (spooled.has('index.json')) return await loadOciImages(files, spooled, settings, call);
  throw new PeapodError('ImageCorrupt', 'it is neither a docker-archive nor an oci-archive', {
    hint: 'use peapod import for a tar of a root file system',
  });
}
