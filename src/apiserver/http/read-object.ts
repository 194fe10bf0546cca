import type { ApiObject } from '../api-object.ts';
import { type DecodeOptions, decodeBody } from '../decode/decode-body.ts';
import { apiVersionOf } from '../registry/request-scope.ts';
import type { ResourceCall } from './api.ts';
import { readBody } from './read-body.ts';
import { readFieldValidation } from './query-options.ts';

/** What kind a body must be of. */
export interface ExpectedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly typeName: string;
}

/**
 * The object in the body. What is wrong with its fields is refused or warned of, as `fieldValidation` says.
 * @throws StatusError BadRequest, UnsupportedMediaType, RequestEntityTooLarge
 */
export async function readObject(call: ResourceCall, expected: ExpectedKind): Promise<ApiObject> {
  const body = await readBody(call.request);
  return decodeBody(body, call.request.headers['content-type'] ?? '', decodeOptions(call, expected));
}

export function decodeOptions({ info, context }: ResourceCall, expected: ExpectedKind): DecodeOptions {
  return {
    kind: expected.kind,
    apiVersion: apiVersionOf(expected),
    typeName: expected.typeName,
    fieldValidation: readFieldValidation(info.query),
    warn: context.warn,
  };
}
