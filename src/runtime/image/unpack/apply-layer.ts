import { closeSync } from 'node:fs';
import { PeapodError } from '../../../model/errors.ts';
import { setMode, setTimes } from '../../linux/directory-entry.ts';
import { applyWhiteout, isWhiteout } from './apply-whiteout.ts';
import { entryPath, refused } from './entry-path.ts';
import { errorCode, LayerDirectory } from './layer-directory.ts';
import { makeEntry } from './make-entry.ts';
import { setAttributes } from './set-attributes.ts';
import type { SpaceGuard } from './space-guard.ts';
import type { TarHeader } from './tar-header.ts';
import { readTar } from './tar-reader.ts';

export interface LayerContent {
  /** Of all files, as they were unpacked. */
  sizeBytes: number;
  entries: number;
}

/**
 * Unpacks one layer's tar stream into an empty directory, in the form that overlayfs takes as a lower directory: what the
 * layer deletes is a character device 0/0, a directory that hides those below bears `trusted.overlay.opaque`.
 * Whatever the archive says, nothing outside the directory is read, written or changed.
 *
 * Needs root. An abort leaves what is unpacked so far; the caller deletes the directory.
 * @throws PeapodError ImageCorrupt for an entry that tries to leave its root or can't be; Unsupported; NoSpace
 * @see https://github.com/opencontainers/image-spec/blob/main/layer.md
 */
export async function applyLayer(
  tar: AsyncIterable<Uint8Array>,
  directory: string,
  options: { guard: SpaceGuard; signal?: AbortSignal },
): Promise<LayerContent> {
  using layer = new LayerDirectory(directory);
  setMode(layer.root, 0o755);
  const directoryTimes = new Map<string, TarHeader>();
  let entries = 0;
  for await (const { header, body } of readTar(tar)) {
    options.signal?.throwIfAborted();
    options.guard.entry();
    entries++;
    const path = entryPath(header.name);
    try {
      if (path.length === 0) applyRoot(layer, header);
      else if (isWhiteout(path)) applyWhiteout(layer, path);
      else await makeEntry(layer, path, header, body, options.guard);
    } catch (error) {
      throw explained(error, header);
    }
    if (header.type === '5') directoryTimes.set(path.join('/'), header);
  }
  for (const [path, header] of directoryTimes) restoreTime(layer, path, header);
  return { sizeBytes: options.guard.bytes, entries };
}

/** The root's own entry may say who owns it; anything but a directory would put something else in its place. */
function applyRoot(layer: LayerDirectory, header: TarHeader): void {
  if (header.type !== '5')
    throw refused(header.name, "would replace the layer's root by something that is no directory");
  setAttributes(layer.root, '.', header);
}

/** Directories get their times last, for every entry made in them changes these. */
function restoreTime(layer: LayerDirectory, joined: string, header: TarHeader): void {
  const path = entryPath(joined);
  let parent: number | undefined;
  try {
    parent = layer.openParentOf(path);
    setTimes(parent, path.at(-1) ?? '.', header.mtime);
  } catch (error) {
    // A later entry has put something else in its place.
    if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '')) throw explained(error, header);
  } finally {
    if (parent !== undefined) closeSync(parent);
  }
}

/** What the entry itself is to blame for; the host's own troubles and aborts stay what they are. */
function explained(error: unknown, header: TarHeader): unknown {
  if (error instanceof PeapodError) return error;
  switch (errorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new PeapodError('NoSpace', 'no space left to unpack the layer', { cause: error });
    case 'EEXIST':
    case 'EINVAL':
    case 'EISDIR':
    case 'ELOOP':
    case 'EMLINK':
    case 'ENAMETOOLONG':
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENOTEMPTY':
    case 'EOVERFLOW':
    case 'ERANGE':
      return refused(header.name, `can't be made: ${(error as Error).message}`, error);
    default:
      return error;
  }
}
