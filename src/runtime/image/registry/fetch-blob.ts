import type { Clock } from '../../../model/clock.ts';
import { PeapodError } from '../../../model/errors.ts';
import { type Digest, DigestMeter } from '../digest.ts';
import type { HttpAnswer } from './http-client.ts';
import { headerOf } from './http-client.ts';
import { connectionError } from './registry-error.ts';
import type { RegistrySession } from './registry-session.ts';
import { RETRIES, retryDelayMs } from './retry-delay.ts';

export interface FetchOptions {
  clock: Clock;
  signal?: AbortSignal | undefined;
  onBytes?: (bytes: number) => void;
}

/** What of a session it takes to fetch blobs. */
export type BlobSource = Pick<RegistrySession, 'get' | 'endpoint'>;

/**
 * A blob's bytes as they arrive. When the connection breaks it goes on where it stopped. The digest is known only at the
 * end: what was made of the bytes may be used when the stream has ended without an error.
 * @throws PeapodError ImageCorrupt when there are too many or too few, or their digest is another; and as `get` does
 */
export async function* fetchBlob(
  session: BlobSource,
  blob: { digest: Digest; sizeBytes: number },
  options: FetchOptions,
): AsyncGenerator<Uint8Array> {
  const meter = new DigestMeter();
  let failures = 0;
  while (meter.bytes < blob.sizeBytes || failures === 0) {
    const before = meter.bytes;
    try {
      for await (const chunk of fetchFrom(session, blob, before, options.signal)) {
        meter.update(chunk);
        if (meter.bytes > blob.sizeBytes) throw tooLong(blob);
        options.onBytes?.(meter.bytes);
        yield chunk;
      }
      if (meter.bytes === blob.sizeBytes) break;
      if (meter.bytes === before) throw cutOff(blob, meter.bytes);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof PeapodError && !isLostContact(error, meter.bytes)) throw error;
      if (meter.bytes > before) failures = 0;
      if (failures >= RETRIES) {
        throw error instanceof PeapodError ? error : connectionError(session.endpoint.host, error);
      }
      await options.clock.sleep(
        retryDelayMs(failures),
        options.signal === undefined ? {} : { signal: options.signal },
      );
    }
    failures++;
  }
  const digest = meter.digest();
  if (digest === blob.digest) return;
  throw new PeapodError('ImageCorrupt', `blob ${blob.digest} arrived with digest ${digest}`);
}

/** A blob that is small enough for memory. */
export async function fetchSmallBlob(
  session: BlobSource,
  blob: { digest: Digest; sizeBytes: number },
  options: FetchOptions,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of fetchBlob(session, blob, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* fetchFrom(
  session: BlobSource,
  blob: { digest: Digest; sizeBytes: number },
  offset: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const headers: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
  const answer = await session.get(`blobs/${blob.digest}`, { headers, accepted: [416], signal });
  if (answer.status === 416) {
    await answer.body.dump();
    throw cutOff(blob, offset);
  }
  let skip = offset - startOf(answer);
  if (skip < 0)
    throw new PeapodError('ImageCorrupt', `registry answered with another part of blob ${blob.digest}`);
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    const skipped = Math.min(skip, chunk.length);
    skip -= skipped;
    if (skipped < chunk.length) yield chunk.subarray(skipped);
  }
}

/** A registry that was there a moment ago may be so again. */
function isLostContact(error: PeapodError, bytes: number): boolean {
  return bytes > 0 && error.code === 'RegistryUnavailable' && error.retryable;
}

/** Where the answer's bytes begin: a registry need not heed a range. */
function startOf(answer: HttpAnswer): number {
  if (answer.status !== 206) return 0;
  const match = /^bytes (\d+)-/.exec(headerOf(answer, 'content-range') ?? '');
  return match === null ? Number.POSITIVE_INFINITY : Number(match[1]);
}

function cutOff(blob: { digest: Digest; sizeBytes: number }, bytes: number): PeapodError {
  return new PeapodError(
    'ImageCorrupt',
    `blob ${blob.digest} is cut off: ${bytes} of ${blob.sizeBytes} bytes are there`,
  );
}

function tooLong(blob: { digest: Digest; sizeBytes: number }): PeapodError {
  return new PeapodError('ImageCorrupt', `blob ${blob.digest} is longer than its ${blob.sizeBytes} bytes`);
}
