import type { LifecycleHandler } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import type { PodContext } from '../actions/pod-context.ts';
import { describePodIdentity } from '../pod-identity.ts';
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
 * @throws Error saying how it failed, in the kubelet's words; the signal's reason when aborted
 * @see kubernetes/pkg/kubelet/lifecycle/handlers.go
 */
export async function runHook(handler: LifecycleHandler, run: HookRun): Promise<void> {
  const { exec, httpGet, sleep } = handler;
  if (exec !== undefined) {
    const what = `Exec lifecycle hook ([${(exec.command ?? []).join(' ')}])`;
    await failingAs(what, run, () => runExec(exec.command ?? [], run));
  } else if (httpGet !== undefined) {
    await failingAs(`HTTP lifecycle hook (${httpGet.path ?? ''})`, run, () => runHttpGet(httpGet, run));
  } else if (sleep !== undefined) {
    const { deps, signal } = run.context;
    await deps.clock.sleep(Math.min(sleep.seconds * 1000, run.timeoutMs), { signal });
  } else
    throw new PeapodError('Unsupported', 'the hook has no handler that is supported: exec, httpGet or sleep');
}

/** A command that failed. */
class ExecFailure extends Error {
  readonly output: string;

  constructor(message: string, output: string) {
    super(message);
    this.output = output;
  }
}

async function failingAs(
  what: string,
  { context, container }: HookRun,
  hook: () => Promise<void>,
): Promise<void> {
  try {
    await hook();
  } catch (cause) {
    context.signal.throwIfAborted();
    const output = cause instanceof ExecFailure ? `, message: ${JSON.stringify(cause.output)}` : '';
    const place = `for Container "${container.name}" in Pod "${describePodIdentity(context.pod)}"`;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${what} ${place} failed - error: ${why}${output}`, { cause });
  }
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
  throw new ExecFailure(
    `command '${command.join(' ')}' exited with ${exitCode}: ${stderr.toString()}`,
    `${stdout.toString()}${stderr.toString()}`,
  );
}

/** Whatever the server answers, it has been told. */
async function runHttpGet(
  action: NonNullable<LifecycleHandler['httpGet']>,
  { context, container, timeoutMs }: HookRun,
): Promise<void> {
  const { deps, pod, observed, signal } = context;
  const host = action.host || podAddress(pod, observed, deps.node.ips);
  const port = resolvePort(action.port, container.spec);
  const target = httpTarget(action, host, port, 'lifecycle');
  await deps.dialer.http({ ...target, timeoutMs, isAwaited: true }, { signal });
}
