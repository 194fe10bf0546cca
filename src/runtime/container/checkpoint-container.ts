/** A checkpoint of a running container as an archive that containerd, CRI-O and podman know, by CRIU; the container runs on. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { mkdir, rename, rm, writeFile } from '../linux/files.ts';
import { lockFile } from '../linux/lock-file.ts';
import { runCommand } from '../linux/run-command.ts';
import { findProgram } from '../oci/oci-runtime.ts';
import type { CheckpointOptions } from '../pod-runtime.ts';
import type { ContainerContext } from './container-context.ts';
import { containerPaths } from './container-paths.ts';
import { type ContainerRecord, loadRecord } from './container-record.ts';
import type { OciSpec } from './spec/oci-spec.ts';
import { settle } from './settle-container.ts';
import { writableChanges } from './writable-changes.ts';

const DEFAULT_TIMEOUT_MS = 300_000;
/** Of CRIU's log, for the message. */
const LAST_ERRORS = 3;

/**
 * @param location of the archive, absolute: what stands there is replaced, by a whole archive only
 * @throws PeapodError NotFound; Invalid; FailedPrecondition when it does not run; Unsupported where CRIU is not installed, or the OCI runtime made
 * without it; RunContainerError with CRIU's own words; TimedOut
 */
export async function checkpointContainer(
  context: ContainerContext,
  id: string,
  location: string,
  { timeoutMs = 0, ...options }: CheckpointOptions = {},
): Promise<void> {
  const paths = containerPaths(context.paths, id);
  await loadRecord(context.paths.containers, id);
  if (!isAbsolute(location))
    throw new PeapodError('Invalid', `location: Invalid value: "${location}": must be an absolute path`);
  await using _lock = await lockFile(paths.lock, { ...options, removeFile: true });
  const { record, derived } = await settle(context, await loadRecord(context.paths.containers, id));
  if (derived.state !== 'CONTAINER_RUNNING')
    throw new PeapodError('FailedPrecondition', `container "${id}" is not running`);
  const criu = await findProgram('criu');
  if (criu === undefined)
    throw new PeapodError('Unsupported', 'CheckpointContainer: not supported: criu is not installed', {
      hint: 'apt-get install criu',
    });
  const work = join(paths.persistent, 'checkpoint');
  const partial = `${location}.partial`;
  await rm(work, { recursive: true, force: true });
  try {
    await mkdir(join(work, 'checkpoint'), { recursive: true, mode: 0o700 });
    const limit = { ...options, timeoutMs: timeoutMs > 0 ? timeoutMs : DEFAULT_TIMEOUT_MS };
    await dump(record, criu, work, limit);
    await describe(context, record, work);
    await tar(['-C', work, '-cf', partial, '.'], limit);
    await rename(partial, location);
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(partial, { force: true });
  }
}

type Limit = { timeoutMs: number; signal?: AbortSignal };

async function dump(record: ContainerRecord, criu: string, work: string, limit: Limit): Promise<void> {
  const { path, globalArgs } = record.runtime;
  const images = join(work, 'checkpoint');
  const args = ['checkpoint', '--image-path', images, '--work-path', work, '--leave-running', record.id];
  // The runtime looks for it too, and may be told of fewer folders than we look into.
  const env = { PATH: [process.env['PATH'] ?? '', dirname(criu)].join(':') };
  const result = await runCommand(path, [...globalArgs, ...args], { ...limit, env });
  if (result.exitCode === 0) return;
  const said = `${result.stderr.toString()}\n${result.stdout.toString()}`.trim();
  if (
    /without CRIU|CRIU support|not support.*checkpoint|checkpoint.*not (supported|compiled)|unknown command/i.test(
      said,
    )
  )
    throw new PeapodError(
      'Unsupported',
      `CheckpointContainer: not supported: ${basename(path)} was built without CRIU: ${said}`,
      { hint: 'run the pod with the runtime handler runc' },
    );
  const log = await readFile(join(work, 'dump.log'), 'utf8').catch(() => '');
  const errors = [...log.matchAll(/Error \(.*/g)].slice(-LAST_ERRORS).map(([line]) => line);
  throw new PeapodError(
    'RunContainerError',
    `CRIU cannot checkpoint the container: ${[said, ...errors].join('; ')}`,
    { hint: 'criu check says what this kernel lacks' },
  );
}

/** What a restore has to know beside the images of the processes. */
async function describe(context: ContainerContext, record: ContainerRecord, work: string): Promise<void> {
  const { config } = record;
  const paths = containerPaths(context.paths, record.id);
  const write = (name: string, content: string) => writeFile(join(work, name), content, { mode: 0o600 });
  const time = (ms: number) => new Date(ms).toISOString();
  await write(
    'config.dump',
    JSON.stringify({
      id: record.id,
      name: config.metadata.name,
      rootfsImage: config.image,
      rootfsImageRef: record.imageRef,
      rootfsImageName: config.userImage,
      runtime: basename(record.runtime.path),
      createdTime: time(record.createdAt),
      checkpointedTime: time(context.clock.now()),
      restoredTime: '0001-01-01T00:00:00Z',
      restored: false,
    }),
  );
  // What was added for this machine's runtime is nothing for another one's.
  const spec = JSON.parse(await readFile(paths.spec, 'utf8')) as OciSpec;
  await write('spec.dump', JSON.stringify({ ...spec, annotations: {} }));
  const layers = await context.images.rootfsLayers(config.image);
  const { changed, deleted } = await writableChanges(paths.upper, layers);
  if (deleted.length > 0) await write('deleted.files', JSON.stringify(deleted));
  if (changed.length === 0) return;
  const list = join(work, 'changed');
  await writeFile(list, changed.map((path) => `${path}\0`).join(''), { mode: 0o600 });
  const archive = ['-cf', join(work, 'rootfs-diff.tar')];
  const from = ['-C', paths.upper, '--no-recursion', '--null', '--verbatim-files-from', '-T', list];
  await tar([...archive, '--xattrs', '--xattrs-include=security.capability', ...from], {
    timeoutMs: DEFAULT_TIMEOUT_MS,
  });
  await rm(list);
}

async function tar(args: readonly string[], limit: Limit): Promise<void> {
  const { exitCode, stderr } = await runCommand('tar', args, limit);
  if (exitCode === 0) return;
  const said = stderr.toString().trim();
  const code = /No space left/.test(said) ? 'NoSpace' : 'RunContainerError';
  throw new PeapodError(code, `cannot write the archive: ${said}`);
}
