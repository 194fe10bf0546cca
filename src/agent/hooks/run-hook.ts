import type { LifecycleHandler } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import type { PodContext } from '../actions/pod-context.ts';
import { podAddress } from '../probes/pod-address.ts';
import { resolvePort } from '../probes/resolve-port.ts';
import { httpTarget } from '../probes/http-target.ts';
import type { SpecContainer } from '../spec-containers.ts';

export interface HookRun {
  context: PodContext;
  container: SpecContainer;
  containerId: string;
  timeoutMs: number;
}

/** What postStart without an end of its own gets. */
export const HOOK_TIMEOUT_MS = 24 * 3600 * 1000;

/**
 * Runs a lifecycle hook to its end.
 * @throws Error saying how it failed; the signal's reason when aborted
 */
export async function runHook(handler: LifecycleHandler, run: HookRun): Promise<void> {
  if (handler.exec !== undefined) await runExec(handler.exec.command ?? [], run);
  else if (handler.httpGet !== undefined) await runHttpGet(handler.httpGet, run);
  else if (handler.sleep !== undefined) {
    const { deps, signal } = run.context;
    await deps.clock.sleep(Math.min(handler.sleep.seconds * 1000, run.timeoutMs), { signal });
  } else
    throw new PeapodError('Unsupported', 'the hook has no handler that is supported: exec, httpGet or sleep');
}

async function runExec(
  command: readonly string[],
  { context, containerId, timeoutMs }: HookRun,
): Promise<void> {
  const { exitCode, stdout, stderr } = await context.deps.runtime.execSync(containerId, command, {
    signal: context.signal,
    timeoutMs,
    maxOutputBytes: 10_240,
  });
  if (exitCode === 0) return;
  const output = `${stdout.toString()}${stderr.toString()}`.trim();
  throw new Error(`command '${command.join(' ')}' exited with ${exitCode}: ${output}`);
}

async function runHttpGet(
  action: NonNullable<LifecycleHandler['httpGet']>,
  { context, container, timeoutMs }: HookRun,
): Promise<void> {
  const { deps, pod, observed, signal } = context;
  const host = action.host || podAddress(pod, observed, deps.node.ips);
  const port = resolvePort(action.port, container.spec);
  const answer = await deps.dialer.http({ ...httpTarget(action, host, port), timeoutMs }, { signal });
  if (answer.status >= 400) throw new Error(`the server answered with status ${answer.status}`);
}
