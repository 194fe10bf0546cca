/** The OpenAPI documents themselves: half a megabyte of descriptions that a server needs only when somebody asks for them. */
import { apiVersionOf } from '../registry/request-scope.ts';
import type { Resource } from '../resource.ts';
import { type DocumentV2, encodeOpenApi } from './openapi-protobuf.ts';
import { resourcePaths } from './operations.ts';
import { addSchemas, type Schema } from './schemas.ts';

const SECURITY = { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } };

export interface OpenApiDocuments {
  readonly whole: () => Buffer;
  /** The same in protobuf. */
  readonly compact: () => Buffer;
  /** Version 3, by `api/v1` and `apis/GROUP/VERSION`. */
  readonly byVersion: ReadonlyMap<string, () => Buffer>;
}

/** Each is made when it is first asked for. */
export function openApiDocuments(resources: readonly Resource[], version: string): OpenApiDocuments {
  const info = { title: 'peapod', version };
  const byVersion = new Map<string, () => Buffer>();
  for (const one of new Set(resources.map(apiVersionOf))) {
    const inVersion = resources.filter((resource) => apiVersionOf(resource) === one);
    byVersion.set(
      one.includes('/') ? `apis/${one}` : `api/${one}`,
      once(() => documentV3(inVersion, info)),
    );
  }
  return {
    whole: once(() => toBytes(documentV2(resources, info))),
    compact: once(() => encodeOpenApi(documentV2(resources, info))),
    byVersion,
  };
}

function documentV2(resources: readonly Resource[], info: DocumentV2['info']): DocumentV2 {
  const definitions: Record<string, Schema> = {};
  const paths: Record<string, object> = {};
  for (const resource of resources) {
    addSchemas(definitions, resource, '#/definitions/');
    Object.assign(
      paths,
      resourcePaths(resource, (name, type, place) => ({ name, in: place, type, required: place === 'path' })),
    );
  }
  return { swagger: '2.0', info, paths, definitions, securityDefinitions: SECURITY } as DocumentV2;
}

function documentV3(resources: readonly Resource[], info: object): Buffer {
  const schemas: Record<string, Schema> = {};
  const paths: Record<string, object> = {};
  for (const resource of resources) {
    addSchemas(schemas, resource, '#/components/schemas/');
    Object.assign(
      paths,
      resourcePaths(resource, (name, type, place) => ({
        name,
        in: place,
        required: place === 'path',
        schema: { type },
      })),
    );
  }
  return toBytes({ openapi: '3.0.0', info, paths, components: { schemas, securitySchemes: SECURITY } });
}

function toBytes(document: object): Buffer {
  return Buffer.from(JSON.stringify(document));
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
