import type { StreamSession } from '../../runtime/pod-runtime.ts';
import { rawTerminal } from '../../runtime/linux/raw-terminal.ts';
import { openRuntime } from '../engine/open-runtime.ts';
import { openSources } from '../engine/pod-source.ts';
import { chooseContainer, containerId, findPod } from '../find-pods.ts';
import { ExitCode } from '../report-error.ts';
import { requireRoot } from '../require-root.ts';
import type { Settings } from '../settings.ts';

export interface ExecOptions {
  namespace: string;
  container?: string;
  stdin?: boolean;
  tty?: boolean;
}

/** `peapod exec`: the exit code is the command's. */
export async function exec(
  settings: Settings,
  reference: string,
  command: readonly string[],
  options: ExecOptions,
): Promise<void> {
  requireRoot('run commands in containers');
  await using sources = await openSources(settings);
  const { pod, source } = await findPod(sources, options.namespace, reference);
  await using host = await openRuntime(source);
  const id = containerId(pod, chooseContainer(pod, options.container));
  const tty = options.tty === true && process.stdin.isTTY;
  const words = command[0] === '--' ? command.slice(1) : command;
  const { columns, rows } = process.stdout;
  const request = {
    command: words,
    tty,
    stdin: options.stdin === true,
    ...(tty ? { size: { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 } } : {}),
  };
  await using session = await host.runtime.exec(id, request);
  using _ = connect(session, { tty, stdin: options.stdin === true });
  const exitCode = await session.exit;
  if (exitCode !== 0) throw new ExitCode(exitCode);
}

/** Joins this process's streams to the session's; a terminal is raw until disposed of. */
export function connect(session: StreamSession, options: { tty: boolean; stdin: boolean }): Disposable {
  const { stdin, stdout, stderr } = process;
  session.stdout.pipe(stdout, { end: false });
  session.stderr?.pipe(stderr, { end: false });
  const resize = () => session.resize({ columns: stdout.columns, rows: stdout.rows });
  const raw = options.tty ? rawTerminal(stdin.fd) : undefined;
  if (options.tty) stdout.on('resize', resize);
  if (options.stdin && session.stdin !== undefined) {
    session.stdin.on('error', () => {});
    stdin.pipe(session.stdin);
  }
  return {
    [Symbol.dispose]: () => {
      raw?.[Symbol.dispose]();
      stdout.off('resize', resize);
      stdin.unpipe();
      stdin.pause();
      stdin.unref?.();
    },
  };
}
