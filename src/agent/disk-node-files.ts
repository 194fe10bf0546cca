import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { NodeFiles } from './node-files.ts';
import type { PodIdentity } from './pod-identity.ts';

export interface DiskNodeFilesOptions {
  /** One directory per pod UID. */
  pods: string;
  /** `<namespace>_<name>_<uid>/<container>/<attempt>.log` */
  logs: string;
  /** Where `Localhost` seccomp profiles lie. */
  seccomp: string;
}

/** The agent's files on this machine's disk. */
export class DiskNodeFiles implements NodeFiles {
  readonly #options: DiskNodeFilesOptions;

  constructor(options: DiskNodeFilesOptions) {
    this.#options = options;
  }

  logDirectory({ namespace, name, uid }: PodIdentity): string {
    return join(this.#options.logs, segment(`${namespace}_${name}_${uid}`));
  }

  etcHostsPath(podUid: string): string {
    return join(this.#options.pods, segment(podUid), 'etc-hosts');
  }

  terminationLogPath(podUid: string, container: string, attempt: number): string {
    return join(this.#options.pods, segment(podUid), 'containers', segment(container), String(attempt));
  }

  seccompProfilePath(name: string): string {
    return join(this.#options.seccomp, name);
  }

  async readNodeFile(path: '/etc/hosts' | '/etc/resolv.conf'): Promise<string> {
    return readFile(path, 'utf8').catch(emptyWhenMissing);
  }

  async write(path: string, text: string, { mode }: { mode: number }): Promise<void> {
    // A file that is mounted somewhere is replaced only where its content is new: the mount would keep the old one.
    if ((await this.readTail(path, text.length + 1).catch(() => undefined)) === text && text !== '') return;
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const temporary = `${path}.new`;
    await rm(temporary, { force: true });
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
    try {
      // Whatever the umask says.
      await file.chmod(mode);
      await writeFile(file, text);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  }

  async readTail(path: string, maxBytes: number): Promise<string> {
    let file: Awaited<ReturnType<typeof open>>;
    try {
      file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      return emptyWhenMissing(error);
    }
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return '';
      const length = Math.min(stat.size, maxBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, stat.size - length);
      return buffer.subarray(0, bytesRead).toString();
    } finally {
      await file.close();
    }
  }

  async removeLog(path: string): Promise<void> {
    const names = await readdir(dirname(path)).catch(() => []);
    const log = basename(path);
    // `3.log` becomes `3.log.20260101-000000`, perhaps compressed.
    const own = names.filter((name) => name === log || name.startsWith(`${log}.`));
    await Promise.all(own.map((name) => rm(join(dirname(path), name), { force: true })));
  }

  async removePod(pod: PodIdentity): Promise<void> {
    await rm(join(this.#options.pods, segment(pod.uid)), { recursive: true, force: true });
    await rm(this.logDirectory(pod), { recursive: true, force: true });
  }
}

/** Names and UIDs become parts of paths: none may lead elsewhere. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new RangeError(`${JSON.stringify(name)} is no name of a file`);
  }
  return name;
}

function emptyWhenMissing(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return '';
  throw error;
}
