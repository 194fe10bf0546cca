import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { BuiltImage } from './build-image.ts';

export interface FakeRegistry extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** `GET /v2/app/manifests/1` and the like, in order of arrival. */
  readonly requests: { line: string; headers: IncomingMessage['headers'] }[];
  /** Documents by `repository/tag` and `repository/digest`. */
  readonly manifests: Map<string, { bytes: Buffer; mediaType: string }>;
  /** By digest; what is served need not have it. */
  readonly blobs: Map<string, Buffer>;
  /** Looks at each request first; true: it was answered. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Offers an image as `repository:tag`. */
  offer(name: string, image: BuiltImage): string;
}

/** A registry within the test's own process, which can be made to misbehave. */
export async function startFakeRegistry(): Promise<FakeRegistry> {
  const server = createServer((request, response) => answer(registry, request, response)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const registry: FakeRegistry = {
    host: `127.0.0.1:${address.port}`,
    requests: [],
    manifests: new Map(),
    blobs: new Map(),
    intercept: () => false,
    offer(name, image) {
      const [repository = '', tag = 'latest'] = name.split(':');
      const document = { bytes: image.manifest, mediaType: image.manifestMediaType };
      registry.manifests.set(`${repository}/${tag}`, document);
      registry.manifests.set(`${repository}/${image.manifestDigest}`, document);
      for (const [digest, blob] of image.blobs) registry.blobs.set(digest, blob);
      return `${registry.host}/${name}`;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return registry;
}

export function answerJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): true {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  return true;
}

function answer(registry: FakeRegistry, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '';
  registry.requests.push({ line: `${request.method} ${url}`, headers: request.headers });
  if (registry.intercept(request, response)) return;
  const match = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url);
  const [, repository = '', kind = '', key = ''] = match ?? [];
  if (kind === 'manifests') answerManifest(registry, `${repository}/${key}`, response);
  else if (kind === 'blobs') answerBlob(registry.blobs.get(key), request, response);
  else answerJson(response, 404, { errors: [{ code: 'UNSUPPORTED', message: 'no such thing' }] });
}

function answerManifest(registry: FakeRegistry, key: string, response: ServerResponse): void {
  const found = registry.manifests.get(key);
  if (found === undefined) {
    answerJson(response, 404, { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] });
    return;
  }
  response.writeHead(200, { 'content-type': found.mediaType }).end(found.bytes);
}

function answerBlob(blob: Buffer | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (blob === undefined) {
    answerJson(response, 404, { errors: [{ code: 'BLOB_UNKNOWN', message: 'blob unknown' }] });
    return;
  }
  const start = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  if (start === undefined) {
    response.writeHead(200, { 'content-length': blob.length }).end(blob);
  } else if (Number(start) >= blob.length) {
    response.writeHead(416).end();
  } else {
    const part = blob.subarray(Number(start));
    const range = `bytes ${start}-${blob.length - 1}/${blob.length}`;
    response.writeHead(206, { 'content-length': part.length, 'content-range': range }).end(part);
  }
}
