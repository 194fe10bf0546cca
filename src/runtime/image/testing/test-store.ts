import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../model/clock.ts';
import type { ImageStore } from '../image-store.ts';
import { type ImageStoreOptions, openImageStore } from '../open-image-store.ts';

export interface TestStore extends Disposable {
  readonly store: ImageStore;
  readonly directory: string;
  /** What was waited for, in milliseconds; nothing really waits. */
  readonly sleeps: number[];
  /** One more store on the same directory, as another process would open it. */
  reopen(options?: ImageStoreOptions): Promise<ImageStore>;
  /** Every file and directory below, locks excepted, for seeing that nothing is left. */
  files(): string[];
}

/** A store in a temporary directory that reads none of this machine's settings. */
export async function openTestStore(options: ImageStoreOptions = {}): Promise<TestStore> {
  const root = mkdtempSync(join(tmpdir(), 'peapod-images-'));
  const directory = join(root, 'images');
  const sleeps: number[] = [];
  const clock: Clock = {
    now: () => Date.now(),
    async sleep(delayMs, sleepOptions) {
      sleepOptions?.signal?.throwIfAborted();
      sleeps.push(delayMs);
    },
  };
  const isolated: ImageStoreOptions = {
    clock,
    env: {},
    registriesConf: join(root, 'registries.conf'),
    authFiles: [join(root, 'auth.json')],
    certsDirectories: [join(root, 'certs.d')],
    ...options,
  };
  return {
    store: await openImageStore({ images: directory }, isolated),
    directory,
    sleeps,
    reopen: (more = {}) => openImageStore({ images: directory }, { ...isolated, ...more }),
    files: () =>
      readdirSync(directory, { recursive: true, encoding: 'utf8' })
        .filter((name) => !name.startsWith('locks'))
        .sort(),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** What a store's directory holds when nothing is in it. */
export const EMPTY_STORE = ['blobs', 'blobs/sha256', 'images', 'layers', 'names', 'tmp'];
