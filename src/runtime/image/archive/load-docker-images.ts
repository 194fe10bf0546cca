import { PeapodError } from '../../../model/errors.ts';
import { readImageConfig } from '../image-config.ts';
import { MAX_MANIFEST_BYTES } from '../manifest.ts';
import { asArray, asObject, texts, textOr } from '../read-json.ts';
import { canonicalName, parseReference } from '../reference.ts';
import type { PullSettings } from '../registry/pull-image.ts';
import type { ImageRecord } from '../store/image-records.ts';
import type { StoreFiles } from '../store/store-files.ts';
import { storeImage } from '../store/stored-images.ts';
import type { ArchiveFile } from './archive-file.ts';
import type { LoadCall } from './load-archive.ts';
import { loadLayers } from './load-layers.ts';

/** @see https://github.com/moby/docker-image-spec */
export async function loadDockerImages(
  files: StoreFiles,
  archive: ArchiveFile,
  settings: PullSettings,
  call: LoadCall,
): Promise<ImageRecord[]> {
  const images = asArray(readArray(await archive.read('manifest.json', MAX_MANIFEST_BYTES)), 'manifest.json');
  const records: ImageRecord[] = [];
  for (const [index, value] of images.entries()) {
    const image = asObject(value, `manifest.json[${index}]`);
    const config = await archive.read(textOr(image['Config']), MAX_MANIFEST_BYTES);
    const { diffIds } = readImageConfig(config);
    const members = texts(image['Layers']);
    if (members.length !== diffIds.length) {
      throw new PeapodError(
        'ImageCorrupt',
        `manifest.json[${index}] has ${members.length} layers, its configuration ${diffIds.length}`,
      );
    }
    const layers = await loadLayers(files, archive, members, diffIds, settings, call);
    const tags = texts(image['RepoTags']);
    const written =
      tags.length === 0 && call.reference !== undefined && images.length === 1 ? [call.reference] : tags;
    const names = written.map((name) => canonicalName(parseReference(name)));
    records.push(await storeImage(files, { config, manifests: [], layers, names }, settings.clock.now()));
  }
  return records;
}

function readArray(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw new PeapodError('ImageCorrupt', 'manifest.json is no valid JSON', { cause: error });
  }
}
