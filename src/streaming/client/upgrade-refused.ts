import type { IncomingMessage } from 'node:http';
import { type ErrorCode, PeapodError } from '../../model/errors.ts';

const BODY_BYTES = 64 * 1024;

/** The server answered, but would not upgrade the connection to the protocol that was asked for. */
export class UpgradeRefused extends PeapodError {
  readonly statusCode: number;

  constructor(code: ErrorCode, message: string, statusCode: number) {
    super(code, message, { retryable: code === 'Unavailable' });
    this.statusCode = statusCode;
  }
}

/** Reads the answer's body for the reason. */
export async function upgradeRefused(response: IncomingMessage): Promise<UpgradeRefused> {
  const body = await readHead(response);
  const statusCode = response.statusCode ?? 0;
  const message = statusMessage(body) ?? `the server answered ${statusCode}: ${body.trim()}`;
  return new UpgradeRefused(codeOf(statusCode), `cannot upgrade the connection: ${message}`, statusCode);
}

async function readHead(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      chunks.push(buffer);
      bytes += buffer.length;
      if (bytes >= BODY_BYTES) break;
    }
  } catch {
    // What came is enough to tell.
  }
  return Buffer.concat(chunks).toString('utf8');
}

function statusMessage(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || !('message' in value)) return undefined;
    return typeof value.message === 'string' ? value.message : undefined;
  } catch {
    return undefined;
  }
}

function codeOf(statusCode: number): ErrorCode {
  if (statusCode === 404) return 'NotFound';
  if (statusCode === 401 || statusCode === 403) return 'Forbidden';
  if (statusCode === 409) return 'Conflict';
  return statusCode >= 400 && statusCode < 500 ? 'Invalid' : 'Unavailable';
}
