import { runCommand } from '../linux/run-command.ts';

const TIMEOUT_MS = 60_000;

/**
 * The disk space that a directory takes, in bytes, within its file system: no symlink is followed, a hard link counts once.
 * What vanishes meanwhile counts 0, a directory that is not there too.
 * A program of its own walks the tree: however large it is, nothing else has to wait.
 * @throws PeapodError TimedOut after a minute
 */
export async function diskUsage(directory: string, signal?: AbortSignal): Promise<number> {
  const { stdout } = await runCommand('du', ['-s', '-x', '--block-size=1', '--', directory], {
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: 4096,
    ...(signal === undefined ? {} : { signal }),
  });
  return Number(/^(\d+)\t/.exec(stdout.toString('utf8'))?.[1] ?? 0);
}
