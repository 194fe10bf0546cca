import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, isPeapodError } from '../../../model/errors.ts';
import { buildImage } from './build-image.ts';
import type { FakeRegistry } from './fake-registry.ts';

export const needsRoot = { skip: process.getuid?.() === 0 ? false : 'unpacking needs root' };

/** Bytes that don't compress, so that a layer comes in several pieces. */
export const noise = Buffer.concat(
  Array.from({ length: 10_000 }, (_, index) => createHash('sha256').update(String(index)).digest()),
);

/** Two layers: `low` holds the noise, `top` the text `top`. */
export const image = buildImage({
  layers: [[{ name: 'low', content: noise }], [{ name: 'top', content: 'top' }]],
  config: { Env: ['A=1'], Cmd: ['run'] },
});

/** Of the layer with the noise. */
export const layerDigest = image.layers[0]?.digest ?? '';

export function failsWith(code: ErrorCode, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, message);
    assert.ok(isPeapodError(error, code), `${code} expected: ${String(error)}`);
    return true;
  };
}

export function isBlob(request: IncomingMessage, digest: string): boolean {
  return request.url?.endsWith(`/blobs/${digest}`) === true;
}

export function countOf(registry: FakeRegistry, digest: string): number {
  return registry.requests.filter(({ line }) => line.endsWith(digest)).length;
}

/** Answers the first so many requests that fit in its own way, the others as usual. */
export function misbehave(
  registry: FakeRegistry,
  times: number,
  fits: (request: IncomingMessage) => boolean,
  act: (request: IncomingMessage, response: ServerResponse) => void,
): void {
  let left = times;
  registry.intercept = (request, response) => {
    if (left === 0 || !fits(request)) return false;
    left--;
    act(request, response);
    return true;
  };
}
