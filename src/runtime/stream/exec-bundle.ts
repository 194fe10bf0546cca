import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import type { ContainerContext } from '../container/container-context.ts';
import { containerPaths } from '../container/container-paths.ts';
import { loadRecord } from '../container/container-record.ts';
import { deriveState } from '../container/container-state.ts';
import { observeContainer } from '../container/observe-container.ts';
import type { OciProcess, OciSpec } from '../container/spec/oci-spec.ts';
import type { ExecRequest } from '../pod-runtime.ts';
import { writeFileAtomic } from '../linux/write-file-atomic.ts';
import { rm } from '../linux/files.ts';

/** What the OCI runtime needs to run one more command in a container; disposing deletes the files. */
export interface ExecBundle extends AsyncDisposable {
  /** The OCI runtime that made the container, and what to call it with. */
  readonly program: string;
  readonly args: readonly string[];
  /** Written by the runtime as soon as the command runs: without it, it never did. */
  readonly pidFile: string;
}

/**
 * Prepares a command that runs as the container itself does: its user, environment, working directory, capabilities and filters.
 * @throws PeapodError NotFound; FailedPrecondition when the container does not run; Invalid without a command
 */
export async function prepareExec(
  context: ContainerContext,
  containerId: string,
  request: Pick<ExecRequest, 'command' | 'tty' | 'size'>,
): Promise<ExecBundle> {
  const { command } = request;
  if (command.length === 0)
    throw new PeapodError('Invalid', 'you must specify at least one command for the container');
  const record = await loadRecord(context.paths.containers, containerId);
  const { state } = deriveState(record, await observeContainer(context, record));
  if (state !== 'CONTAINER_RUNNING') {
    throw new PeapodError('FailedPrecondition', `container "${record.config.metadata.name}" is not running`);
  }
  const paths = containerPaths(context.paths, containerId);
  const spec = JSON.parse(await readFile(paths.spec, 'utf8')) as OciSpec;
  const name = join(paths.bundle, `exec-${process.pid}-${randomBytes(8).toString('hex')}`);
  const processFile = `${name}.json`;
  const pidFile = `${name}.pid`;
  await writeFileAtomic(processFile, JSON.stringify(execProcess(spec.process, request)), { durable: false });
  return {
    program: record.runtime.path,
    args: [
      ...record.runtime.globalArgs,
      'exec',
      '--process',
      processFile,
      '--pid-file',
      pidFile,
      containerId,
    ],
    pidFile,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([rm(processFile, { force: true }), rm(pidFile, { force: true })]);
    },
  };
}

function execProcess(
  process: OciProcess,
  { command, tty, size }: Pick<ExecRequest, 'command' | 'tty' | 'size'>,
): OciProcess {
  const hasTerm = process.env.some((entry) => entry.startsWith('TERM='));
  return {
    ...process,
    args: [...command],
    terminal: tty,
    ...(tty && size ? { consoleSize: { width: size.columns, height: size.rows } } : {}),
    env: tty && !hasTerm ? [...process.env, 'TERM=xterm'] : process.env,
  };
}
