/**
 * How a container's process comes to be: conmon starts, and starts the OCI runtime, and both take twice as long to load as to do their work. So they are
 * started before it is known what they are to run: the runtime waits at a pipe in the place of its `config.json` (docs/adr/026).
 */
import { basename, dirname } from 'node:path';
import { AwaitedFile } from '../../linux/awaited-file.ts';
import { mkdir, rm } from '../../linux/files.ts';
import { writeFileAtomic } from '../../linux/write-file-atomic.ts';
import type { ContainerContext, OciRuntimeCommand } from '../container-context.ts';
import { containerPaths } from '../container-paths.ts';
import { type ConmonResult, startConmon } from './conmon.ts';

export interface LaunchRequest {
  id: string;
  runtime: OciRuntimeCommand;
  /** Empty: no log is kept. */
  logPath: string;
  tty: boolean;
  stdin: boolean;
  stdinOnce: boolean;
}

/** Disposed of before it is finished, it leaves what is to be discarded with the container. */
export interface Launch extends Disposable {
  /**
   * Has the container made as the specification says.
   * @throws TooLongToWait; PeapodError CreateContainerError
   */
  finish(spec: string): Promise<ConmonResult>;
  /** Whether it is still on its way. */
  isWaiting(): boolean;
}

/** A specification does not get into the pipe: the container is to be discarded, and launched anew without waiting. */
export class TooLongToWait extends Error {}

const CREATE_TIMEOUT_MS = 120_000;

/**
 * Starts what makes a container, in a bundle's directory that this makes. The caller holds the container's lock, and its record is on disk.
 * @param options.waiting false: nothing is started before the specification is there
 * @throws PeapodError MissingPrerequisite
 */
export async function launch(
  context: ContainerContext,
  request: LaunchRequest,
  options: { waiting: boolean },
): Promise<Launch> {
  const { id, runtime, logPath } = request;
  const paths = containerPaths(context.paths, id);
  await mkdir(paths.bundle, { recursive: true, mode: 0o700 });
  await mkdir(paths.exits, { recursive: true, mode: 0o700 });
  if (logPath !== '') await mkdir(dirname(logPath), { recursive: true, mode: 0o755 });
  await rm(paths.exit, { force: true });
  const start = () =>
    startConmon({
      ...request,
      conmon: context.conmon,
      paths,
      enterCgroup: (pid) => context.cgroups.enterConmon(pid),
      timeoutMs: CREATE_TIMEOUT_MS,
    });

  if (!options.waiting || !canWait(runtime)) {
    return {
      async finish(spec) {
        await writeFileAtomic(paths.spec, spec, { mode: 0o600, durable: false });
        using conmon = await start();
        return await conmon.answer();
      },
      isWaiting: () => true,
      [Symbol.dispose]: () => {},
    };
  }
  const file = new AwaitedFile(paths.spec);
  try {
    const conmon = await start();
    return {
      async finish(spec) {
        if (!(await file.give(spec))) throw new TooLongToWait();
        return await conmon.answer();
      },
      isWaiting: () => conmon.isWaiting(),
      [Symbol.dispose]: () => {
        conmon[Symbol.dispose]();
        file[Symbol.dispose]();
      },
    };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

/** Both read the specification as it comes, and read it again, if at all, when they have it. Of others we do not know. */
export function canWait({ path }: OciRuntimeCommand): boolean {
  return /^(crun|runc)/.test(basename(path));
}
