import { connect, type ClientHttp2Session } from 'node:http2';
import { once } from 'node:events';
import { join } from 'node:path';
import { callUnary, decode, encode, framed, onMessages, openCall } from './grpc.ts';
import { type Client, type Folder, freePort, startProcess, type Subject, WINDOW } from './subject.ts';

/** The bytes that are kept for an object. */
export type Stored = (folder: Folder, name: string, variant?: string) => Buffer;

const MAX_MESSAGE_BYTES = 1_000_000_000;

/**
 * Debian's etcd, driven directly.
 * @param stored what our server keeps for an object, so that both keep the same
 */
export async function startEtcd(directory: string, stored: Stored): Promise<Subject> {
  const [client, peer] = [await freePort(), await freePort()];
  const url = `https://127.0.0.1:${client}`;
  const flags = {
    'data-dir': join(directory, 'etcd'),
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': `http://127.0.0.1:${peer}`,
    'initial-advertise-peer-urls': `http://127.0.0.1:${peer}`,
    'initial-cluster': `default=http://127.0.0.1:${peer}`,
    'log-level': 'error',
    logger: 'zap',
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const server = await startProcess(['etcd', '--auto-tls', ...args], {}, `${url}/health`);
  return {
    name: 'etcd',
    pid: server.pid,
    startMs: server.startMs,
    connect: async () => {
      const session = connect(url, { rejectUnauthorized: false, settings: WINDOW });
      session.setMaxListeners(0);
      await once(session, 'connect');
      return etcdClient(session, stored);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function etcdClient(session: ClientHttp2Session, stored: Stored): Client {
  const keyOf = (folder: Folder, name: string) => `/${folder}/default/${name}`;
  const rangeEnd = (folder: Folder) => `/${folder}/default0`;
  return {
    // As kube-apiserver creates: the put happens only when the key is not there.
    create: async (folder, name, variant) => {
      const key = keyOf(folder, name);
      const absent = encode([
        [2, 2n],
        [3, key],
        [6, 0n],
      ]);
      const put = encode([
        [
          2,
          encode([
            [1, key],
            [2, stored(folder, name, variant)],
          ]),
        ],
      ]);
      const message = encode([
        [1, absent],
        [2, put],
      ]);
      const answer = await callUnary(session, '/etcdserverpb.KV/Txn', message);
      if (![...decode(answer)].some(([field, value]) => field === 2 && value === 1))
        throw new Error(`etcd has ${key} already`);
    },
    get: async (folder, name) => {
      const answer = await callUnary(session, '/etcdserverpb.KV/Range', encode([[1, keyOf(folder, name)]]));
      if (![...decode(answer)].some(([field]) => field === 2)) throw new Error('not found');
    },
    list: async (folder) => {
      const range = encode([
        [1, keyOf(folder, '')],
        [2, rangeEnd(folder)],
      ]);
      const answer = await callUnary(session, '/etcdserverpb.KV/Range', range);
      if (answer.length > MAX_MESSAGE_BYTES) throw new Error('too much');
      return [...decode(answer)].filter(([field]) => field === 2).length;
    },
    watch: async (folder, onEvent) => {
      const stream = openCall(session, '/etcdserverpb.Watch/Watch');
      const { promise, resolve } = Promise.withResolvers<void>();
      stream.on('error', () => {});
      onMessages(stream, (message) => {
        const fields = [...decode(message)];
        if (fields.some(([field, value]) => field === 3 && value === 1)) resolve();
        else if (fields.some(([field]) => field === 11)) onEvent();
      });
      const create = encode([
        [1, keyOf(folder, '')],
        [2, rangeEnd(folder)],
      ]);
      stream.write(framed(encode([[1, create]])));
      await promise;
    },
    [Symbol.dispose]: () => session.destroy(),
  };
}
