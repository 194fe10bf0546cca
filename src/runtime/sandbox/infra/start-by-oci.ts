import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PeapodError } from '../../../model/errors.ts';
import { cgroupPlace } from '../../cgroup/cgroup-place.ts';
import { closeOff, letIn, letThrough, podUserNamespace } from '../../container/pod-user-namespace.ts';
import { mkdir, writeFile } from '../../linux/files.ts';
import { runDetachedCommand } from '../../linux/run-detached.ts';
import { traced } from '../../linux/trace.ts';
import { executableOf } from '../../oci/executable-of.ts';
import type { CallOptions } from '../../pod-runtime.ts';
import type { SandboxContext } from '../sandbox-context.ts';
import { sandboxPaths } from '../sandbox-paths.ts';
import { identifyProcess, type ProcessIdentity, type SandboxRecord } from '../sandbox-record.ts';
import { infraRootfs } from './infra-rootfs.ts';
import { infraSpec } from './infra-spec.ts';

const CREATE_TIMEOUT_MS = 30_000;

/** @returns the infra container's process */
export async function startByOci(
  context: SandboxContext,
  record: SandboxRecord,
  options: CallOptions,
): Promise<ProcessIdentity> {
  const paths = sandboxPaths(context.paths, record.id);
  const rootfs = await traced('infra rootfs', () => infraRootfs(context.paths.root));
  const users = podUserNamespace({ infraPid: 0, config: record.config });
  if (users !== undefined) {
    const { pods, claims, logs, run } = context.paths;
    await closeOff([pods, claims, logs, join(run, 'pods')]);
    await letThrough([context.paths.root]);
    await letThrough([run, dirname(paths.directory)]);
    await letIn(paths.directory, users);
  }
  const spec = infraSpec(record.config, {
    id: record.id,
    ociVersion: context.oci.preferred.ociVersion,
    cgroupsPath: cgroupPlace(record.config.linux.cgroupParent, record.id, context.systemd).cgroupsPath,
    rootfs,
    own: context.own,
  });
  await writeFile(join(paths.bundle, 'config.json'), JSON.stringify(spec), { mode: 0o600 });
  await mkdir(join(context.paths.run, 'oci'), { recursive: true, mode: 0o700 });
  const runtime = record.runtime ?? context.oci.preferred;
  const args = [
    ...runtime.globalArgs,
    '--log',
    paths.log,
    '--log-format',
    'json',
    'run',
    '--detach',
    '--bundle',
    paths.bundle,
    '--pid-file',
    paths.pidFile,
    record.id,
  ];
  try {
    await runDetachedCommand(runtime.path, args, {
      logFile: paths.log,
      timeoutMs: CREATE_TIMEOUT_MS,
      executable: executableOf(runtime.path),
      ...options,
    });
  } catch (cause) {
    if (!(cause instanceof PeapodError) || cause.code !== 'Unavailable') throw cause;
    throw new PeapodError('CreatePodSandboxError', `cannot make the infra container: ${cause.message}`, {
      cause,
      retryable: true,
    });
  }
  const pid = Number(await readFile(paths.pidFile, 'utf8').catch(() => ''));
  if (!(pid > 0))
    throw new PeapodError(
      'CreatePodSandboxError',
      `${runtime.path} run told no process of the infra container`,
      {
        retryable: true,
      },
    );
  const infra = identifyProcess(pid);
  if (infra === undefined)
    throw new PeapodError('CreatePodSandboxError', 'the infra container ended at once', { retryable: true });
  return infra;
}
