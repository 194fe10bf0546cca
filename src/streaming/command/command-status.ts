import type { Status } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';

const EXIT_CODE_REASON = 'NonZeroExitCode';
const EXIT_CODE_CAUSE = 'ExitCode';
const HIGHEST_EXIT_CODE = 255;

/** How a command ended, as it stands on the error stream. */
export function exitStatus(exitCode: number): Status {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: EXIT_CODE_REASON,
    details: { causes: [{ reason: EXIT_CODE_CAUSE, message: String(exitCode) }] },
  };
}

/** Why a command could not be run, as Kubernetes says it on the error stream. */
export function failureStatus(error: unknown): Status {
  const message = error instanceof Error ? error.message : String(error);
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
}

/** Before version 4 only failures were told, and in plain text. */
export function statusText(status: Status, form: 'json' | 'text'): string {
  if (form === 'json') return JSON.stringify(status);
  return status.status === 'Success' ? '' : (status.message ?? '');
}

/**
 * The exit code that an error stream tells.
 * @param text all of the stream; empty, or plain text, before version 4 of the protocol
 * @throws PeapodError Unavailable when the command did not run to an end of its own
 */
export function readExitCode(text: string): number {
  if (text === '') return 0;
  const status = parseStatus(text);
  if (!status) throw new PeapodError('Unavailable', `the command failed: ${text.trim()}`);
  if (status.status === 'Success') return 0;
  if (status.reason === EXIT_CODE_REASON) {
    const cause = status.details?.causes?.find(({ reason }) => reason === EXIT_CODE_CAUSE);
    const code = Number(cause?.message);
    if (Number.isInteger(code) && code > 0 && code <= HIGHEST_EXIT_CODE) return code;
  }
  throw new PeapodError('Unavailable', status.message ?? 'the command failed for no known reason');
}

function parseStatus(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
