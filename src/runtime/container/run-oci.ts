import { PeapodError } from '../../model/errors.ts';
import { executableOf } from '../oci/executable-of.ts';
import { runCommand } from '../linux/run-command.ts';
import type { OciRuntimeCommand } from './container-context.ts';

const TIMEOUT_MS = 60_000;

/**
 * Runs one verb of the OCI runtime to its end.
 * @returns what it printed
 * @throws PeapodError RunContainerError with the end of its standard error
 */
export async function runOci(
  runtime: OciRuntimeCommand,
  args: readonly string[],
  options: { signal?: AbortSignal } = {},
): Promise<string> {
  const result = await runCommand(runtime.path, [...runtime.globalArgs, ...args], {
    timeoutMs: TIMEOUT_MS,
    executable: executableOf(runtime.path),
    ...options,
  });
  if (result.exitCode === 0) return result.stdout.toString();
  throw new PeapodError(
    'RunContainerError',
    `${runtime.path} ${args[0]} failed: ${result.stderr.toString().trim()}`,
  );
}
