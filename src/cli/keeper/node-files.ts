import { constants, lstatSync, readFileSync } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { NodeFiles } from '../../agent/node-files.ts';
import { removeTorn, writeFileAtomic } from '../../runtime/linux/write-file-atomic.ts';
import type { RuntimePaths } from '../../runtime/paths.ts';
import { mkdir, rm } from '../../runtime/linux/files.ts';

/** The agent's own files on this machine: below `pods/<uid>`, and the pods' logs. */
export function nodeFiles(paths: RuntimePaths): NodeFiles {
  const podDirectory = (uid: string) => join(paths.pods, uid);
  const logDirectory: NodeFiles['logDirectory'] = ({ namespace, name, uid }) =>
    join(paths.logs, `${namespace}_${name}_${uid}`);
  return {
    logDirectory,
    etcHostsPath: (uid) => join(podDirectory(uid), 'etc-hosts'),
    terminationLogPath: (uid, container, attempt) =>
      join(podDirectory(uid), 'containers', container, `${attempt}.termination`),
    seccompProfilePath: (name) => join(paths.root, 'seccomp', name),
    readNodeFile: (path) => readFile(path, 'utf8').catch(() => ''),
    async write(path, text, { mode }) {
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      // What a killed process has left of it.
      await removeTorn(dirname(path));
      // Another container of the pod may be about to have it mounted, which one that is replaced cannot be.
      if (!isFile(path, text, mode)) await writeFileAtomic(path, text, { mode, durable: false });
    },
    readTail,
    async removeLog(path) {
      const name = basename(path);
      const siblings = await namesIn(dirname(path));
      for (const sibling of siblings) {
        if (sibling === name || sibling.startsWith(`${name}.`))
          await rm(join(dirname(path), sibling), { force: true });
      }
    },
    async owners() {
      const logs = (await namesIn(paths.logs)).flatMap((directory) => {
        const [namespace = '', name = '', uid, ...rest] = directory.split('_');
        return uid === undefined || rest.length > 0 ? [] : [{ namespace, name, uid }];
      });
      const logged = new Set(logs.map(({ uid }) => uid));
      const others = (await namesIn(paths.pods)).filter((uid) => !logged.has(uid));
      return [...logs, ...others.map((uid) => ({ namespace: '', name: '', uid }))];
    },
    async removePod(pod) {
      if (pod.name !== '') await rm(logDirectory(pod), { recursive: true, force: true });
      await rm(podDirectory(pod.uid), { recursive: true, force: true });
    },
  };
}

function isFile(path: string, text: string, mode: number): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && (stats.mode & 0o7777) === mode && readFileSync(path, 'utf8') === text;
}

async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch((): string[] => []);
}

async function readTail(path: string, maxBytes: number): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  if (file === undefined) return '';
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return '';
    const length = Math.min(maxBytes, stats.size);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, stats.size - length);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
}
