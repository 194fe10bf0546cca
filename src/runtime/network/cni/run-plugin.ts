import { join } from 'node:path';
import { PeapodError } from '../../../model/errors.ts';
import { runCommand, tail } from '../../linux/run-command.ts';
import { findProgram } from '../../oci/oci-runtime.ts';

/** What a plugin is told besides its configuration. @see CNI spec, section 2 */
export interface PluginCall {
  command: 'ADD' | 'DEL';
  containerId: string;
  /** Empty when the namespace is gone already. */
  netns: string;
  ifname: string;
  args: string;
  binDirs: readonly string[];
}

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * Runs one plugin.
 * @returns its result, undefined for one that says nothing
 * @throws PeapodError NetworkError with the plugin's own words
 */
export async function runPlugin(
  type: string,
  config: unknown,
  call: PluginCall,
  options: { signal?: AbortSignal },
): Promise<unknown> {
  const program = await findProgram(type, { PATH: call.binDirs.join(':') });
  if (program === undefined || !call.binDirs.some((folder) => program === join(folder, type))) {
    throw new PeapodError(
      'MissingPrerequisite',
      `CNI plugin "${type}" not found in ${call.binDirs.join(', ')}`,
      {
        hint: 'apt-get install containernetworking-plugins',
      },
    );
  }
  const { exitCode, stdout, stderr } = await runCommand(program, [], {
    input: JSON.stringify(config),
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    env: {
      CNI_COMMAND: call.command,
      CNI_CONTAINERID: call.containerId,
      CNI_NETNS: call.netns,
      CNI_IFNAME: call.ifname,
      CNI_ARGS: call.args,
      CNI_PATH: call.binDirs.join(':'),
      // A plugin does one thing after the other: more threads than one take Go longer to start than they save.
      GOMAXPROCS: '1',
    },
    ...options,
  });
  const output = stdout.toString('utf8').trim();
  const parsed = parseOutput(output);
  if (exitCode !== 0) {
    const said =
      (parsed as { msg?: string; details?: string } | undefined)?.msg ??
      tail(output || stderr.toString('utf8'));
    throw new PeapodError('NetworkError', `CNI plugin "${type}" failed (${call.command}): ${said}`, {
      retryable: true,
    });
  }
  if (output !== '' && parsed === undefined) {
    throw new PeapodError(
      'NetworkError',
      `CNI plugin "${type}" answered what is no JSON: ${tail(output, 200)}`,
    );
  }
  return parsed;
}

function parseOutput(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
