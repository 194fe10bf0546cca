/**
 * From bytes to an object.
 * @see kubernetes/staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json/json.go
 */
import { copyPlain } from '../../model/copy-plain.ts';
import type { ApiObject } from '../api-object.ts';
import { badRequest, StatusError } from '../errors/status-error.ts';
import { demandDepth } from './check-depth.ts';
import { fitType } from './fit-type.ts';
import { parseYaml } from './parse-yaml.ts';
import { decodeProtobuf } from './protobuf.ts';
import { scanJson } from './scan-json.ts';

export interface DecodeOptions {
  readonly kind: string;
  readonly apiVersion: string;
  readonly typeName: string;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  readonly warn: (text: string) => void;
}

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

/**
 * The object that a body is, with what its type does not know dropped, refused or warned of.
 * @throws StatusError BadRequest, UnsupportedMediaType
 */
export function decodeBody(body: Buffer, contentType: string, options: DecodeOptions): ApiObject {
  const { value, duplicates, isShared } = parseBody(body, contentType);
  const object = checkObject(value, duplicates, options);
  return isShared === true ? copyPlain(object) : object;
}

/** A value that is to become an object of a type: checked as a body is. What fits is not copied. */
export function checkObject(
  value: unknown,
  duplicates: readonly string[],
  options: DecodeOptions,
): ApiObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest("couldn't get version/kind; json parse error: the body is no object");
  const given = value as ApiObject;
  checkKind(given, options);
  const { value: object, unknown, wrong } = fitType(given, options.typeName);
  if (wrong.length > 0) {
    throw badRequest(
      `${options.kind} in version ${JSON.stringify(versionOf(options))} cannot be handled as a ${options.kind}: ${wrong.join(', ')}`,
    );
  }
  complain(
    [
      ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
      ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
    ],
    options,
  );
  return object;
}

function complain(problems: readonly string[], options: DecodeOptions): void {
  if (problems.length === 0 || options.fieldValidation === 'Ignore') return;
  if (options.fieldValidation === 'Strict') {
    throw badRequest(
      `${options.kind} in version ${JSON.stringify(versionOf(options))} cannot be handled as a ${options.kind}: strict decoding error: ${problems.join(', ')}`,
    );
  }
  for (const problem of problems) options.warn(problem);
}

function versionOf({ apiVersion }: DecodeOptions): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1);
}

export interface Parsed {
  readonly value: unknown;
  /** The paths of fields that stand more than once in their object. */
  readonly duplicates: readonly string[];
  /** The same object may stand in it twice, as YAML can refer to one. */
  readonly isShared?: boolean;
}

function parseBody(body: Buffer, contentType: string): Parsed {
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  if (type === PROTOBUF_TYPE) return { value: decodeProtobuf(body), duplicates: [] };
  const text = textOf(body);
  if (type === JSON_TYPE || type === '') return parseJson(text);
  if (type === YAML_TYPE) return { ...parseYaml(text), isShared: true };
  throw new StatusError(
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
}

const decoder = new TextDecoder('utf-8', { fatal: true });

export function textOf(body: Buffer): string {
  try {
    return decoder.decode(body);
  } catch {
    throw badRequest('the body of the request is not valid UTF-8');
  }
}

/** @throws StatusError BadRequest */
export function parseJson(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
  const { duplicates, depth } = scanJson(text, value);
  demandDepth(depth);
  return { value, duplicates };
}

/** @throws StatusError BadRequest */
export function checkKind(object: ApiObject, { kind, apiVersion }: DecodeOptions): void {
  if ((object.kind ?? kind) === kind && (object.apiVersion ?? apiVersion) === apiVersion) return;
  throw badRequest(
    `${object.kind ?? ''} in version ${JSON.stringify(object.apiVersion ?? '')} cannot be handled as a ${kind}: expected ${apiVersion}, Kind=${kind}`,
  );
}
