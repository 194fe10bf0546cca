import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metadata, status } from '@grpc/grpc-js';
import { isPeapodError } from '../../model/errors.ts';
import { fromGrpcStatus } from '../grpc/grpc-status.ts';
import { failingAs, failingAsPull, unlessGone } from './verb-error.ts';

/** As another runtime than peapod answers: a code and words. */
function answer(code: status, details: string): () => Promise<never> {
  const error = Object.assign(new Error(details), { code, details, metadata: new Metadata() });
  return () => Promise.reject(fromGrpcStatus(error));
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((failure: unknown) => failure);
  assert.ok(isPeapodError(error));
  return `${error.code}${error.retryable ? ', again' : ''}`;
}

for (const [code, expected] of [
  [status.UNKNOWN, 'CreateContainerError, again'],
  [status.INTERNAL, 'CreateContainerError, again'],
  [status.UNAVAILABLE, 'Unavailable, again'],
  [status.NOT_FOUND, 'NotFound'],
  [status.INVALID_ARGUMENT, 'Invalid'],
  [status.DEADLINE_EXCEEDED, 'TimedOut'],
  [status.UNIMPLEMENTED, 'Unsupported'],
  [status.FAILED_PRECONDITION, 'FailedPrecondition'],
] as const)
  test(`a create that is answered ${status[code]} fails with ${expected}`, async () => {
    assert.equal(await codeOf(failingAs('CreateContainerError', answer(code, 'x'))), expected);
  });

for (const [code, details, expected] of [
  [status.NOT_FOUND, 'x', 'ImageNotFound'],
  [status.UNKNOWN, 'failed to resolve reference: busybox: not found', 'ImageNotFound, again'],
  [status.UNKNOWN, 'unexpected status code 401 Unauthorized', 'ImageUnauthorized, again'],
  [status.UNKNOWN, 'dial tcp: connection refused', 'RegistryUnavailable, again'],
  [status.UNAVAILABLE, 'the runtime is away', 'Unavailable, again'],
] as const)
  test(`a pull that is answered ${status[code]} "${details}" fails with ${expected}`, async () => {
    const pull = failingAsPull('busybox', answer(code, details));
    await assert.rejects(pull, { message: `cannot pull image "busybox": ${details}` });
    assert.equal(await codeOf(failingAsPull('busybox', answer(code, details))), expected);
  });

test('gone is fine, and nothing else', async () => {
  await unlessGone(answer(status.NOT_FOUND, 'x'));
  await assert.rejects(unlessGone(answer(status.UNKNOWN, 'x')), { code: 'Unavailable' });
});
