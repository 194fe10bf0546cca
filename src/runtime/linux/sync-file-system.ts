import { close, open } from 'node:fs';
import { promisify } from 'node:util';
import { externalStep } from './external-step.ts';
import { foreignFunction } from './libc.ts';

const syncfs = foreignFunction('int syncfs(int fd)') as ReturnType<typeof foreignFunction> & {
  async: (fd: number, done: (error: unknown, result: number) => void) => void;
};
const openFile = promisify(open);
const closeFile = promisify(close);

/** Resolves when everything written so far to the file system that holds `path` lies on the disk. Blocks no other work. */
export async function syncFileSystem(path: string): Promise<void> {
  const fd = await openFile(path, 'r');
  try {
    await externalStep(
      'sync',
      path,
      async () =>
        await new Promise<void>((resolve, reject) => {
          syncfs.async(fd, (error, result) => {
            if (error !== null && error !== undefined) reject(error);
            else if (result !== 0) reject(new Error(`cannot sync the file system of ${path}`));
            else resolve();
          });
        }),
    );
  } finally {
    await closeFile(fd);
  }
}
