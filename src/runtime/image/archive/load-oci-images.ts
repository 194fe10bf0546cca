import { PeapodError } from '../../../model/errors.ts';
import { type Digest, digestOf } from '../digest.ts';
import { readImageConfig } from '../image-config.ts';
import {
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  MAX_MANIFEST_BYTES,
  readManifest,
} from '../manifest.ts';
import { chooseManifest } from '../platform.ts';
import { textOr } from '../read-json.ts';
import { canonicalName, parseReference, repositoryOf } from '../reference.ts';
import type { PullSettings } from '../registry/pull-image.ts';
import type { ImageRecord } from '../store/image-records.ts';
import type { StoreFiles } from '../store/store-files.ts';
import { storeImage } from '../store/stored-images.ts';
import type { ArchiveFile } from './archive-file.ts';
import type { LoadCall } from './load-archive.ts';
import { loadLayers } from './load-layers.ts';

const MAX_DEPTH = 3;
/** containerd's and skopeo's annotations for an image's name. */
const NAME_ANNOTATIONS = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'];

interface FoundImage {
  manifest: ImageManifest;
  digest: Digest;
  documents: Buffer[];
}

/** @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
export async function loadOciImages(
  files: StoreFiles,
  archive: ArchiveFile,
  settings: PullSettings,
  call: LoadCall,
): Promise<ImageRecord[]> {
  const index = readManifest(await archive.read('index.json', MAX_MANIFEST_BYTES), '');
  if (index.kind !== 'index') throw new PeapodError('ImageCorrupt', 'index.json is no index');
  const named: Descriptor[] = index.manifests.filter((descriptor) => nameAnnotation(descriptor) !== '');
  const chosen = named.length > 0 ? named : [unnamedImage(index.manifests, settings)];
  const records: ImageRecord[] = [];
  for (const descriptor of chosen) {
    const image = await findManifest(archive, descriptor, settings);
    const config = await readMember(archive, image.manifest.config);
    const { diffIds } = readImageConfig(config);
    if (diffIds.length !== image.manifest.layers.length) {
      throw new PeapodError(
        'ImageCorrupt',
        'manifest and configuration do not agree on the number of layers',
      );
    }
    const members = image.manifest.layers.map((layer) => memberOf(layer.digest));
    const layers = await loadLayers(files, archive, members, diffIds, settings, call);
    const names = namesOf(descriptor, image.digest, chosen.length === 1 ? call.reference : undefined);
    records.push(
      await storeImage(files, { config, manifests: image.documents, layers, names }, settings.clock.now()),
    );
  }
  return records;
}

/** Without names it is one image, perhaps for several platforms. */
function unnamedImage(manifests: ImageIndex['manifests'], settings: PullSettings): Descriptor {
  const [only] = manifests;
  return manifests.length === 1 && only !== undefined ? only : chooseManifest(manifests, settings.platform);
}

async function findManifest(
  archive: ArchiveFile,
  top: Descriptor,
  settings: PullSettings,
): Promise<FoundImage> {
  const documents: Buffer[] = [];
  let next: Descriptor = top;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const bytes = await readMember(archive, next);
    documents.push(bytes);
    const manifest = readManifest(bytes, next.mediaType);
    if (manifest.kind === 'manifest') return { manifest, digest: top.digest, documents };
    next = chooseManifest(manifest.manifests, settings.platform);
  }
  throw new PeapodError('ImageCorrupt', `its indexes are nested more than ${MAX_DEPTH} deep`);
}

/** The bytes of a member that its name says the digest of. */
async function readMember(archive: ArchiveFile, descriptor: Descriptor): Promise<Buffer> {
  const bytes = await archive.read(memberOf(descriptor.digest), MAX_MANIFEST_BYTES);
  if (digestOf(bytes) === descriptor.digest) return bytes;
  throw new PeapodError('ImageCorrupt', `blob ${descriptor.digest} in the archive has another digest`);
}

function memberOf(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** A bare tag as name says nothing of the repository; it is taken as a name all the same, as podman does. */
function namesOf(descriptor: Descriptor, digest: Digest, given: string | undefined): string[] {
  const written = nameAnnotation(descriptor) || (given ?? '');
  if (written === '') return [];
  const reference = parseReference(written);
  return [canonicalName(reference), `${repositoryOf(reference)}@${digest}`];
}

function nameAnnotation(descriptor: Descriptor): string {
  return NAME_ANNOTATIONS.map((key) => textOr(descriptor.annotations[key])).find((name) => name !== '') ?? '';
}
