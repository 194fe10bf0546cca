/** A machine within the machine: its own processes, mounts, network and `/run`, so that all that is left over in it is peapod's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

const PREPARE = `
ip link set lo up
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /var/lib/peapod /var/lib/cni
mount -t tmpfs -o mode=755 tmpfs /var/lib/peapod
mount -t tmpfs -o mode=755 tmpfs /var/lib/cni
"$@" & wait $!`;

/**
 * Runs one of our programs there to its end; with it ends all that it has started.
 * @param onLine is told each line of its stdout
 * @throws when it fails, with the end of its stderr
 */
export async function runInLab(
  program: URL,
  args: readonly string[],
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const isolation = ['--net', '--pid', '--ipc', '--mount', '--fork', '--mount-proc', '--kill-child'];
  const inLab = ['--propagation', 'private', 'sh', '-c', PREPARE, 'sh'];
  const child = spawn('unshare', [...isolation, ...inLab, process.execPath, program.pathname, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  });
  createInterface(child.stdout).on('line', onLine);
  const [stderr, [code]] = await Promise.all([
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`${program.pathname} ended with ${code}:\n${stderr.slice(-6000)}`);
}
