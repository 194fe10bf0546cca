import { closeSync, constants, openSync, readdirSync } from 'node:fs';
import { makeDirectory, O_PATH, openEntry, openInRoot, removeEntry } from '../../linux/directory-entry.ts';
import { refused } from './entry-path.ts';

/**
 * The directory into which one layer is unpacked. Every name is reached through descriptors that the kernel resolved
 * with the layer as root, so that no symlink in it leads out; the last component is never followed.
 */
export class LayerDirectory implements Disposable {
  /** The layer's root. */
  readonly root: number;
  #parentPath = '';
  #parent: number;

  constructor(path: string) {
    this.root = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    this.#parent = this.root;
  }

  /**
   * The directory that holds the path's last component, made with mode 0755 where it is missing.
   * The descriptor is this object's and good until the next call.
   */
  parentOf(path: readonly string[]): number {
    const wanted = path.slice(0, -1);
    const joined = wanted.join('/');
    if (joined === this.#parentPath) return this.#parent;
    const opened = joined === '' ? this.root : this.#openOrMake(wanted, path);
    this.forget();
    this.#parentPath = joined;
    this.#parent = opened;
    return opened;
  }

  /** Has to be called when a name may no longer lead where it did. */
  forget(): void {
    if (this.#parent !== this.root) closeSync(this.#parent);
    this.#parent = this.root;
    this.#parentPath = '';
  }

  /**
   * The directory that holds an existing path's last component; the caller closes it.
   * @throws an error with code ENOENT, ENOTDIR or ELOOP
   */
  openParentOf(path: readonly string[]): number {
    return openInRoot(this.root, path.slice(0, -1).join('/') || '.', O_PATH | constants.O_DIRECTORY);
  }

  /** Takes away what bears the name, a directory with all that is in it. */
  remove(directory: number, name: string): void {
    this.forgetUnless(directory);
    removeTree(directory, name);
  }

  [Symbol.dispose](): void {
    this.forget();
    closeSync(this.root);
  }

  /** The cached parent stays right when one of its own children goes, for it is no child of itself. */
  forgetUnless(directory: number): void {
    if (directory !== this.#parent) this.forget();
  }

  #openOrMake(wanted: readonly string[], path: readonly string[]): number {
    try {
      return openInRoot(this.root, wanted.join('/'), O_PATH | constants.O_DIRECTORY);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT')
        throw refused(path.join('/'), 'has a parent that is no directory', error);
    }
    for (let depth = 1; depth <= wanted.length; depth++) this.#makeMissing(wanted.slice(0, depth), path);
    return openInRoot(this.root, wanted.join('/'), O_PATH | constants.O_DIRECTORY);
  }

  #makeMissing(directory: readonly string[], path: readonly string[]): void {
    const parent = this.openParentOf(directory);
    try {
      const existing = tryOpen(() =>
        openInRoot(this.root, directory.join('/'), O_PATH | constants.O_DIRECTORY),
      );
      if (existing !== undefined) closeSync(existing);
      else makeDirectory(parent, directory.at(-1) ?? '', 0o755);
    } catch (error) {
      throw refused(path.join('/'), 'has a parent that leads nowhere', error);
    } finally {
      closeSync(parent);
    }
  }
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function tryOpen(open: () => number): number | undefined {
  try {
    return open();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function removeTree(directory: number, name: string): void {
  try {
    removeEntry(directory, name, 'other');
    return;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    if (errorCode(error) !== 'EISDIR') throw error;
  }
  const opened = openEntry(directory, name, constants.O_DIRECTORY);
  try {
    for (const child of readdirSync(`/proc/self/fd/${opened}`, { encoding: 'latin1' })) {
      removeTree(opened, child);
    }
  } finally {
    closeSync(opened);
  }
  removeEntry(directory, name, 'directory');
}
