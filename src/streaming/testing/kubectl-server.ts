import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { readCommandOptions } from '../command-options.ts';
import { serveRemoteCommand } from '../serve-remote-command.ts';
import { servePortForward } from '../serve-port-forward.ts';
import { ProcessSession } from './process-session.ts';
import { realClock } from './real-clock.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', uid: '1' },
  spec: {
    containers: [{ name: 'main', image: 'x', stdin: true, tty: true, ports: [{ containerPort: 80 }] }],
  },
  status: { phase: 'Running', containerStatuses: [{ name: 'main', ready: true, state: { running: {} } }] },
};

const NOT_FOUND = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 };

const ANSWERS: Record<string, unknown> = {
  '/version': { major: '1', minor: '36', gitVersion: 'v1.36.0' },
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get'] }],
  },
  '/api/v1/namespaces/default/pods/web': POD,
};

/** As much of an API server as kubectl needs for one pod: `exec` runs on this machine, `attach` joins `attached`. */
export class KubectlServer implements AsyncDisposable {
  readonly sessions: ProcessSession[] = [];
  /** What each connection was upgraded to, e.g. `v5.channel.k8s.io`. */
  readonly protocols: string[] = [];
  readonly #server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const body = ANSWERS[pathname];
    response.writeHead(body ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body ?? NOT_FOUND));
  });
  readonly #ports: ReadonlyMap<number, number>;
  attached: readonly string[] = ['cat'];

  /** @param ports which port of this machine each port of the pod leads to */
  constructor(ports: ReadonlyMap<number, number> = new Map()) {
    this.#ports = ports;
    this.#server.on('upgrade', (request, socket, head) => {
      const offered = request.headers['sec-websocket-protocol'] ?? 'SPDY/3.1';
      this.protocols.push(offered.split(',')[0] ?? '');
      void this.#upgrade(request, socket, head);
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname.endsWith('/portforward')) {
      await servePortForward(request, socket, head, { clock: realClock }, async (port) => {
        const connection = connect({
          port: this.#ports.get(port) ?? 1,
          host: '127.0.0.1',
          allowHalfOpen: true,
        });
        await once(connection, 'connect');
        return connection;
      });
      return;
    }
    const wanted = readCommandOptions(searchParams);
    const verb = pathname.endsWith('/attach') ? 'attach' : 'exec';
    const command = verb === 'exec' ? searchParams.getAll('command') : this.attached;
    const open = async () => {
      const session = new ProcessSession(command, wanted);
      this.sessions.push(session);
      return session;
    };
    await serveRemoteCommand(request, socket, head, { ...wanted, verb, clock: realClock }, open);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
