import { closeSync, constants } from 'node:fs';
import {
  makeDirectory,
  makeHardLink,
  makeNode,
  makeSymlink,
  O_PATH,
  openEntry,
  setXattr,
} from '../../linux/directory-entry.ts';
import { entryPath, refused } from './entry-path.ts';
import { errorCode, type LayerDirectory } from './layer-directory.ts';
import { setAttributes } from './set-attributes.ts';
import type { SpaceGuard } from './space-guard.ts';
import type { TarHeader } from './tar-header.ts';
import type { TarEntryBody } from './tar-reader.ts';
import { writeSync } from '../../linux/files.ts';

/** Makes what one entry says, in place of what bears its name already; two directories become one. */
export async function makeEntry(
  layer: LayerDirectory,
  path: readonly string[],
  header: TarHeader,
  body: TarEntryBody,
  guard: SpaceGuard,
): Promise<void> {
  const parent = layer.parentOf(path);
  const name = path.at(-1) ?? '';
  switch (header.type) {
    case '0':
      await writeFile(layer, parent, name, body, guard);
      break;
    case '1':
      linkTo(layer, path, header);
      return;
    case '2':
      if (header.linkName === '' || header.linkName.includes('\0'))
        throw refused(header.name, 'is a symlink to nothing');
      replacing(layer, parent, name, () => makeSymlink(parent, name, header.linkName));
      break;
    case '3':
      makeDevice(layer, parent, name, 'character', header);
      break;
    case '4':
      makeDevice(layer, parent, name, 'block', header);
      break;
    case '5':
      makeOrKeepDirectory(layer, parent, name);
      break;
    case '6':
      replacing(layer, parent, name, () => makeNode(parent, name, 'fifo', 0));
      break;
    default:
      throw refused(header.name, `has an unknown type ${JSON.stringify(header.type)}`);
  }
  setAttributes(parent, name, header);
}

async function writeFile(
  layer: LayerDirectory,
  parent: number,
  name: string,
  body: TarEntryBody,
  guard: SpaceGuard,
): Promise<void> {
  const fd = replacing(layer, parent, name, () =>
    openEntry(parent, name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600),
  );
  try {
    for (let piece = await body.next(); piece !== undefined; piece = await body.next()) {
      guard.write(piece.length);
      for (let offset = 0; offset < piece.length; ) offset += writeSync(fd, piece, offset);
    }
  } finally {
    closeSync(fd);
  }
}

/** The target is looked up within the layer, its last component not followed; it is never one of the host's files. */
function linkTo(layer: LayerDirectory, path: readonly string[], header: TarHeader): void {
  const target = entryPath(header.linkName);
  if (target.length === 0) throw refused(header.name, 'is a hard link to the root');
  if (target.join('/') === path.join('/')) return;
  const from = openTarget(layer, target, header);
  try {
    const parent = layer.parentOf(path);
    const name = path.at(-1) ?? '';
    replacing(layer, parent, name, () => makeHardLink(from, target.at(-1) ?? '', parent, name));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'EPERM') throw error;
    throw refused(
      header.name,
      `is a hard link to ${JSON.stringify(header.linkName)}, which its layer does not have`,
      error,
    );
  } finally {
    closeSync(from);
  }
}

function openTarget(layer: LayerDirectory, target: readonly string[], header: TarHeader): number {
  try {
    return layer.openParentOf(target);
  } catch (error) {
    throw refused(
      header.name,
      `is a hard link to ${JSON.stringify(header.linkName)}, which its layer does not have`,
      error,
    );
  }
}

function makeDevice(
  layer: LayerDirectory,
  parent: number,
  name: string,
  type: 'character' | 'block',
  header: TarHeader,
): void {
  const device = { major: header.deviceMajor, minor: header.deviceMinor };
  replacing(layer, parent, name, () => makeNode(parent, name, type, 0, device));
}

/** A directory in the place of a whiteout hides what the layers below have there. */
function makeOrKeepDirectory(layer: LayerDirectory, parent: number, name: string): void {
  if (isDirectory(parent, name)) return;
  try {
    makeDirectory(parent, name, 0o755);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    layer.remove(parent, name);
    makeDirectory(parent, name, 0o755);
    setXattr(parent, name, 'trusted.overlay.opaque', Buffer.from('y'));
  }
}

function isDirectory(parent: number, name: string): boolean {
  try {
    closeSync(openEntry(parent, name, O_PATH | constants.O_DIRECTORY));
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

function replacing<Result>(layer: LayerDirectory, parent: number, name: string, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  layer.remove(parent, name);
  return make();
}
