/** An image's life: pulled from a registry, loaded from an archive, removed. */
import type { TarEntry } from '../../../../src/runtime/image/testing/write-tar.ts';
import type { TestImage } from '../../../../src/runtime/image/testing/build-image.ts';
import type { Verb } from './pod-verbs.ts';

/** cap_net_bind_service=ep */
const NET_BIND = Buffer.from('0100000200040000000000000000000000000000', 'hex');

/** Two layers with something of each kind in them, and few steps. */
export const sweptImage: TestImage = {
  layers: [
    [
      { name: 'folder', type: 'directory', mode: 0o750 },
      { name: 'folder/big', content: 'peapod\n'.repeat(30_000), mode: 0o4755, uid: 7, gid: 8 },
      { name: 'folder/hidden', content: 'below' },
      { name: 'again', type: 'link', linkname: 'folder/big' },
      { name: 'link', type: 'symlink', linkname: 'folder/big' },
    ] satisfies TarEntry[],
    [
      { name: 'folder/.wh.hidden' },
      { name: 'top', content: 'top', xattrs: { 'security.capability': NET_BIND } },
    ] satisfies TarEntry[],
  ],
  config: { Cmd: ['run'] },
};

/** Where the lab's registry has it, and its archive: told to the processes of the lab by their environment. */
export const REFERENCE = 'PEAPOD_FAULT_REFERENCE';
export const ARCHIVE = 'PEAPOD_FAULT_ARCHIVE';

function told(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set`);
  return value;
}

const PULL: Verb = {
  name: 'pull',
  // What has come whole stays for the repetition.
  atomic: false,
  run: async ({ runtime }) => {
    await runtime.pullImage(told(REFERENCE));
  },
  undo: ({ runtime }) => runtime.removeImage(told(REFERENCE)),
};

const REMOVE: Verb = {
  name: 'remove image',
  atomic: false,
  run: PULL.undo,
  undo: PULL.run,
};

const LOAD: Verb = {
  name: 'load image',
  atomic: false,
  run: async ({ runtime }) => {
    await runtime.images.load(told(ARCHIVE));
  },
  undo: ({ runtime }) => runtime.removeImage('localhost/loaded:1'),
};

const UNLOAD: Verb = { name: 'remove loaded image', atomic: false, run: LOAD.undo, undo: LOAD.run };

export const IMAGE_VERBS: readonly Verb[] = [PULL, REMOVE, LOAD, UNLOAD];
