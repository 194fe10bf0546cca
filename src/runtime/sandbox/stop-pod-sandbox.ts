import { lockFile } from '../linux/lock-file.ts';
import type { CallOptions } from '../pod-runtime.ts';
import type { SandboxContext } from './sandbox-context.ts';
import { sandboxPaths } from './sandbox-paths.ts';
import { unmakeSandbox } from './unmake-sandbox.ts';

/** Ends the infra container and gives the network back; the record stays. Gone or stopped is fine. */
export async function stopPodSandbox(
  context: SandboxContext,
  id: string,
  options: CallOptions,
): Promise<void> {
  if ((await context.records.read(id)) === undefined) return;
  await using _ = await lockFile(sandboxPaths(context.paths, id).lock, { removeFile: true, ...options });
  const record = await context.records.read(id);
  if (record === undefined || record.stoppedAt > 0) return;
  await unmakeSandbox(context, record);
  await context.records.save({ ...record, stoppedAt: context.clock.now() });
}

/** Stops the sandbox and forgets it. Gone is fine. */
export async function removePodSandbox(
  context: SandboxContext,
  id: string,
  options: CallOptions,
): Promise<void> {
  await stopPodSandbox(context, id, options);
  await using _ = await lockFile(sandboxPaths(context.paths, id).lock, { removeFile: true, ...options });
  await context.records.remove(id);
}
