import { closeSync } from 'node:fs';
import { makeNode, setXattr } from '../../linux/directory-entry.ts';
import { refused } from './entry-path.ts';
import { errorCode, type LayerDirectory } from './layer-directory.ts';

const PREFIX = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** What old storage drivers kept for themselves; nothing that an image means to hold. */
const META_PREFIX = '.wh..wh.';

export function isWhiteout(path: readonly string[]): boolean {
  return path.some((component) => component.startsWith(PREFIX));
}

/** Marks what the layer deletes from those below. What the layer itself brings stays, whichever comes first in the archive. */
export function applyWhiteout(layer: LayerDirectory, path: readonly string[]): void {
  const name = path.at(-1) ?? '';
  if (name === OPAQUE) {
    markOpaque(layer, path);
    return;
  }
  if (path.some((component) => component.startsWith(META_PREFIX))) return;
  if (isWhiteout(path.slice(0, -1))) throw refused(path.join('/'), 'lies in a directory that is a whiteout');
  const hidden = name.slice(PREFIX.length);
  if (hidden === '' || hidden === '.' || hidden === '..')
    throw refused(path.join('/'), 'deletes nothing that has a name');
  try {
    makeNode(layer.parentOf(path), hidden, 'character', 0);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function markOpaque(layer: LayerDirectory, path: readonly string[]): void {
  const directory = path.slice(0, -1);
  if (directory.length === 0) {
    setXattr(layer.root, '.', 'trusted.overlay.opaque', Buffer.from('y'));
    return;
  }
  layer.parentOf(path);
  const parent = layer.openParentOf(directory);
  try {
    setXattr(parent, directory.at(-1) ?? '', 'trusted.overlay.opaque', Buffer.from('y'));
  } finally {
    closeSync(parent);
  }
}
