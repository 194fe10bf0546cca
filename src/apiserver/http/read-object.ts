import type { ApiObject } from '../api-object.ts';
import { badRequest, StatusError } from '../errors/status-error.ts';
import { apiVersionOf } from '../registry/request-scope.ts';
import type { ResourceCall } from './api.ts';
import { readBody } from './read-body.ts';
import { readFieldValidation } from './query-options.ts';

/** What kind a body must be of. */
interface Expected {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly typeName: string;
}

/**
 * The object in the body. What is wrong with its fields is refused or warned of, as `fieldValidation` says.
 * @throws StatusError BadRequest, UnsupportedMediaType, RequestEntityTooLarge
 */
export async function readObject(call: ResourceCall, expected: Expected): Promise<ApiObject> {
  const body = await readBody(call.request);
  const type = call.request.headers['content-type'] ?? 'application/json';
  const object = parse(body, type);
  readFieldValidation(call.info.query);
  checkKind(object, expected);
  return object;
}

function parse(body: Buffer, type: string): ApiObject {
  if (!/^application\/json(?:;|$)/.test(type))
    throw new StatusError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml`,
    );
  try {
    return JSON.parse(body.toString()) as ApiObject;
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

function checkKind(object: ApiObject, expected: Expected): void {
  const apiVersion = apiVersionOf(expected);
  if ((object.kind ?? expected.kind) !== expected.kind || (object.apiVersion ?? apiVersion) !== apiVersion) {
    throw badRequest(
      `${object.kind ?? ''} in version ${JSON.stringify(object.apiVersion ?? '')} cannot be handled as a ${expected.kind}: expected ${apiVersion}, Kind=${expected.kind}`,
    );
  }
}
