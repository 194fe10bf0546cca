import { createHash } from 'node:crypto';
import type { PathHandlers } from '../http/path-handlers.ts';
import { send, sendJson } from '../http/respond.ts';
import { StatusError } from '../errors/status-error.ts';
import { apiVersionOf } from '../registry/request-scope.ts';
import type { Resource } from '../resource.ts';
import { type DocumentV2, encodeOpenApi } from './openapi-protobuf.ts';
import { resourcePaths } from './operations.ts';
import { addSchemas, type Schema } from './schemas.ts';

const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const ACCEPTS_PROTOBUF = /application\/com\.github\.proto-openapi\.spec\.v2[.@]v1\.0\+protobuf/;
const SECURITY = { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } };

/** `/openapi/v2` and `/openapi/v3`; each document is made when it is first asked for. */
export function addOpenApi(paths: PathHandlers, resources: readonly Resource[], version: string): void {
  const info = { title: 'peapod', version };
  const whole = once(() => toBytes(documentV2(resources, info)));
  const compact = once(() => encodeOpenApi(documentV2(resources, info)));
  paths.at('/openapi/v2', (request, response) => {
    const accept = request.headers.accept ?? '*/*';
    if (ACCEPTS_PROTOBUF.test(accept)) return send(response, 200, PROTOBUF, compact());
    if (!/application\/json|\*\/\*/.test(accept))
      throw new StatusError('NotAcceptable', `only application/json and ${PROTOBUF} are served`);
    send(response, 200, 'application/json', whole());
  });
  const documents = new Map<string, () => Buffer>();
  for (const one of new Set(resources.map(apiVersionOf))) {
    const path = one.includes('/') ? `apis/${one}` : `api/${one}`;
    const inVersion = resources.filter((resource) => apiVersionOf(resource) === one);
    documents.set(
      path,
      once(() => documentV3(inVersion, info)),
    );
  }
  paths.at('/openapi/v3', (_request, response) => {
    const listed = [...documents].map(([path, make]) => [
      path,
      { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(make())}` },
    ]);
    sendJson(response, 200, { paths: Object.fromEntries(listed) as object });
  });
  for (const [path, make] of documents) {
    paths.at(`/openapi/v3/${path}`, (_request, response) => {
      response.setHeader('ETag', `"${hashOf(make())}"`);
      send(response, 200, 'application/json', make());
    });
  }
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

function hashOf(bytes: Buffer): string {
  return createHash('sha512').update(bytes).digest('hex').slice(0, 64).toUpperCase();
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
