/**
 * In which form a client wants its answer.
 * @see kubernetes/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/negotiation/negotiate.go
 */
import { StatusError } from '../errors/status-error.ts';

export type Shape = 'object' | 'table' | 'metadata';

export interface Negotiated {
  readonly shape: Shape;
  readonly encoding: 'json' | 'yaml';
  /** The media type to answer with. */
  readonly contentType: string;
}

const SHAPES: Partial<Record<string, Shape>> = {
  Table: 'table',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadata',
};

/** By header: clients send few. */
const known = new Map<string, Negotiated>();
const MAX_KNOWN = 100;

/** @throws StatusError NotAcceptable */
export function negotiate(accept: string | undefined): Negotiated {
  if (accept === undefined || accept.trim() === '') return JSON_OBJECT;
  let negotiated = known.get(accept);
  if (negotiated !== undefined) return negotiated;
  negotiated = readHeader(accept);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(accept, negotiated);
  return negotiated;
}

function readHeader(accept: string): Negotiated {
  for (const clause of accept.split(',')) {
    const negotiated = readClause(clause);
    if (negotiated !== undefined) return negotiated;
  }
  throw new StatusError(
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml',
  );
}

const JSON_OBJECT: Negotiated = { shape: 'object', encoding: 'json', contentType: 'application/json' };

function readClause(clause: string): Negotiated | undefined {
  const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
  const encoding = encodingOf(type);
  if (encoding === undefined) return undefined;
  const given = new Map(parameters.map((part) => part.split('=', 2) as [string, string]));
  const as = given.get('as');
  if (as === undefined) return { shape: 'object', encoding, contentType: `application/${encoding}` };
  const shape = SHAPES[as];
  const group = given.get('g') ?? 'meta.k8s.io';
  const version = given.get('v') ?? 'v1';
  if (shape === undefined || group !== 'meta.k8s.io' || !/^v1(?:beta1)?$/.test(version)) return undefined;
  return { shape, encoding, contentType: `application/${encoding}` };
}

function encodingOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}
