import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect } from 'node:http2';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { clusterOf } from './cluster-of.ts';
import {
  type Client,
  type Folder,
  freePort,
  objectOf,
  startProcess,
  type Subject,
  TEMPLATE,
  WINDOW,
} from './subject.ts';

const PROGRAM = join(import.meta.dirname, '../../../peapod');

/** `peapod serve` as it is: with scheduler, controllers and node. */
export async function startPeapodServer(
  directory: string,
  env: Record<string, string>,
  program: string = PROGRAM,
): Promise<Subject> {
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const command = [program, 'serve', '--listen', `127.0.0.1:${port}`];
  const server = await startProcess(command, env, `${url}/readyz`);
  const path = join(directory, 'root/cluster/server/admin.kubeconfig');
  let text = '';
  while ((text = await readFile(path, 'utf8').catch(() => '')) === '') await delay(5);
  return {
    name: 'peapod',
    pid: server.pid,
    startMs: server.startMs,
    connect: async () => {
      const session = connect(url, { ...clusterOf(text), settings: WINDOW });
      session.setMaxListeners(0);
      await once(session, 'connect');
      return apiClient(session);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** What the server keeps of an object it has been sent. */
export async function storedBy(
  subject: Subject,
  directory: string,
): Promise<(folder: Folder, name: string, variant?: string) => Buffer> {
  const path = join(directory, 'root/cluster/server/admin.kubeconfig');
  const text = await readFile(path, 'utf8');
  using client = await subject.connect();
  const { server, ...tls } = clusterOf(text);
  const session = connect(server, { ...tls, settings: WINDOW });
  await once(session, 'connect');
  const samples = new Map<Folder, string>();
  for (const folder of ['pods', 'configmaps'] as const) {
    await client.create(folder, 'sample');
    samples.set(folder, (await send(session, 'GET', `${pathOf(folder)}/sample`)).toString());
  }
  session.destroy();
  return (folder, name, variant) => {
    const text = (samples.get(folder) ?? '').replaceAll('sample', name);
    return Buffer.from(variant === undefined ? text : text.replace(TEMPLATE, variant));
  };
}

function pathOf(folder: Folder): string {
  return `/api/v1/namespaces/default/${folder}`;
}

function apiClient(session: ClientHttp2Session): Client {
  return {
    create: async (folder, name, variant) => {
      await send(session, 'POST', pathOf(folder), JSON.stringify(objectOf(folder, name, variant)));
    },
    get: async (folder, name) => {
      await send(session, 'GET', `${pathOf(folder)}/${name}`);
    },
    list: async (folder) => {
      const answer = await send(session, 'GET', pathOf(folder));
      return countOf(answer);
    },
    watch: async (folder, onEvent) => {
      const stream = session.request({
        ':path': `${pathOf(folder)}?watch=1&resourceVersion=${await newest(session)}`,
      });
      stream.on('error', () => {});
      stream.on('data', (chunk: Buffer) => {
        for (const byte of chunk) if (byte === 10) onEvent();
      });
      await once(stream, 'response');
    },
    [Symbol.dispose]: () => session.destroy(),
  };
}

async function newest(session: ClientHttp2Session): Promise<string> {
  const list = JSON.parse((await send(session, 'GET', '/api/v1/nodes?limit=1')).toString()) as {
    metadata: { resourceVersion: string };
  };
  return list.metadata.resourceVersion;
}

/** Without parsing all of it: that would be the client's time. */
function countOf(list: Buffer): number {
  let count = 0;
  for (let at = -1; (at = list.indexOf('"uid":', at + 1)) >= 0; ) count += 1;
  return count;
}

async function send(
  session: ClientHttp2Session,
  method: string,
  path: string,
  body?: string,
): Promise<Buffer> {
  const stream = session.request(
    { ':method': method, ':path': path, 'content-type': 'application/json', accept: 'application/json' },
    { endStream: body === undefined },
  );
  if (body !== undefined) stream.end(body);
  const chunks: Buffer[] = [];
  let status = 0;
  stream.on('response', (headers) => (status = headers[':status'] ?? 0));
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject));
  const answer = Buffer.concat(chunks);
  if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${answer.toString()}`);
  return answer;
}
