/** An API server for tests: over the memory store, spoken to without sockets. */
import { generateKeyPairSync } from 'node:crypto';
import { ApiClient } from '../../client/api-client.ts';
import type { Transport } from '../../client/transport.ts';
import type { Clock } from '../../model/clock.ts';
import { openMemoryStore } from '../../store/testing/memory-store.ts';
import type { Store } from '../../store/store.ts';
import { guardSharedObjects } from '../cache/shared-object.ts';
import { inProcessTransport } from '../in-process-transport.ts';
import { type OpenApiServer, openApiServer } from '../open-api-server.ts';
import type { NodeAccess } from '../subresources/node-access.ts';
import type { NodeStats } from '../subresources/node-stats.ts';
import type { UserInfo } from '../user-info.ts';

export interface TestApi extends AsyncDisposable {
  readonly server: OpenApiServer;
  readonly store: Store;
  /** The administrator's. */
  readonly client: ApiClient;
  clientOf(user: UserInfo): ApiClient;
  /** The administrator's requests before any client. */
  readonly transport: Transport;
  /** What the server took for bugs; a test that expects none should look. */
  readonly bugs: unknown[];
  /** What it was told to log. */
  readonly logged: string[];
}

const ADMIN: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

const REAL_CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (delayMs, { signal } = {}) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, delayMs);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      });
    }),
};

const NO_NODES: NodeAccess = {
  logs: () => {
    throw new Error('there are no nodes');
  },
  exec: () => Promise.reject(new Error('there are no nodes')),
  attach: () => Promise.reject(new Error('there are no nodes')),
  dial: () => Promise.reject(new Error('there are no nodes')),
};

const NO_STATS: NodeStats = { usage: async () => undefined, page: async () => undefined };

export async function startApi(
  store: Store = openMemoryStore(),
  clock: Clock = REAL_CLOCK,
  stats: NodeStats = NO_STATS,
  nodes: Partial<NodeAccess> = {},
): Promise<TestApi> {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  guardSharedObjects();
  const bugs: unknown[] = [];
  const logged: string[] = [];
  const server = await openApiServer({
    store,
    clock,
    nodes: { ...NO_NODES, ...nodes },
    stats,
    tokenKey: privateKey,
    version: '0.0.0',
    log: (message, error) => {
      logged.push(message);
      bugs.push(error);
    },
  });
  const clientOf = (user: UserInfo) =>
    new ApiClient({ transport: inProcessTransport(server.api, user), name: 'test' });
  return {
    server,
    store,
    bugs,
    logged,
    client: clientOf(ADMIN),
    transport: inProcessTransport(server.api, ADMIN),
    clientOf,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
