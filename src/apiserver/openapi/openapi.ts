import { createHash } from 'node:crypto';
import { noSuchResource, StatusError } from '../errors/status-error.ts';
import type { PathHandlers } from '../http/path-handlers.ts';
import { send, sendJson } from '../http/respond.ts';
import { apiVersionOf } from '../registry/request-scope.ts';
import type { Resource } from '../resource.ts';
import type { OpenApiDocuments } from './documents.ts';

const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const ACCEPTS_PROTOBUF = /application\/com\.github\.proto-openapi\.spec\.v2[.@]v1\.0\+protobuf/;

/** `/openapi/v2` and `/openapi/v3`; what they are made of is loaded when one is first asked for. */
export function addOpenApi(paths: PathHandlers, resources: readonly Resource[], version: string): void {
  let loading: Promise<OpenApiDocuments> | undefined;
  const documents = () =>
    (loading ??= import('./documents.ts').then(({ openApiDocuments }) =>
      openApiDocuments(resources, version),
    ));
  paths.at('/openapi/v2', async (request, response) => {
    const accept = request.headers.accept ?? '*/*';
    if (ACCEPTS_PROTOBUF.test(accept)) return send(response, 200, PROTOBUF, (await documents()).compact());
    if (!/application\/json|\*\/\*/.test(accept))
      throw new StatusError('NotAcceptable', `only application/json and ${PROTOBUF} are served`);
    send(response, 200, 'application/json', (await documents()).whole());
  });
  paths.at('/openapi/v3', async (_request, response) => {
    const listed = [...(await documents()).byVersion].map(([path, make]) => [
      path,
      { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(make())}` },
    ]);
    sendJson(response, 200, { paths: Object.fromEntries(listed) as object });
  });
  for (const one of new Set(resources.map(apiVersionOf))) {
    const path = one.includes('/') ? `apis/${one}` : `api/${one}`;
    paths.at(`/openapi/v3/${path}`, async (_request, response) => {
      const document = (await documents()).byVersion.get(path)?.();
      if (document === undefined) throw noSuchResource();
      response.setHeader('ETag', `"${hashOf(document)}"`);
      send(response, 200, 'application/json', document);
    });
  }
}

function hashOf(bytes: Buffer): string {
  return createHash('sha512').update(bytes).digest('hex').slice(0, 64).toUpperCase();
}
