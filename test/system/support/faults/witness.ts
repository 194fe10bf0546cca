/** A pod that must not notice anything: an open connection to it, and something sent over it again and again. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { shellContainer } from '../../../../src/runtime/container/testing/container-host.ts';
import { runtimePaths } from '../../../../src/runtime/paths.ts';
import type { Machine } from './machine.ts';

const UID = '5ca1ab1e-0000-4000-8000-00000000000f';
const BEAT_MS = 10;
/** The machine may be busy; a connection that broke is told at once. */
const LATEST_MS = 15_000;

export interface Witness {
  /** @throws when the connection broke, an answer was late or wrong, or a process is another one */
  check(): Promise<void>;
}

export async function startWitness({ runtime, image }: Machine): Promise<Witness> {
  const cgroupParent = await runtime.podCgroups.ensure({ uid: UID, qosClass: 'BestEffort' }, {});
  const sandbox = await runtime.runPodSandbox({
    metadata: { name: 'witness', namespace: 'default', uid: UID, attempt: 0 },
    hostname: 'witness',
    logDirectory: `${runtimePaths().logs}/witness`,
    portMappings: [{ protocol: 'TCP', containerPort: 7, hostPort: 7007, hostIp: '' }],
    labels: {},
    annotations: {},
    linux: {
      cgroupParent,
      namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
      sysctls: {},
      securityContext: {},
    },
  });
  const config = shellContainer('echo', 'exec nc -l -p 7 -e /bin/cat');
  const container = await runtime.createContainer(sandbox, { ...config, image });
  await runtime.startContainer(container);
  const pids = async () => [
    (await runtime.podSandboxStatus(sandbox)).pid,
    (await runtime.containerStatus(container)).pid,
  ];
  const { ips } = await runtime.podSandboxStatus(sandbox);
  const before = await pids();
  const connection = watch(await connected(ips[0] ?? ''));
  return {
    async check() {
      connection.check();
      const now = await pids();
      if (String(now) !== String(before))
        throw new Error(`the witness's processes were ${String(before)} and are ${String(now)}`);
    },
  };
}

export async function connected(host: string): Promise<Socket> {
  for (let attempt = 0; ; attempt++) {
    const socket = connect({ host, port: 7 });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (attempt === 200) throw error;
      await delay(50);
    }
  }
}

/** Sends something again and again, and demands it back. */
export function watch(socket: Socket): { check(): void } {
  let sent = 0;
  let expected = '';
  let broken: string | undefined;
  let heardAt = Date.now();
  socket.on('error', (error) => (broken = error.message));
  socket.on('close', () => (broken ??= 'it was closed'));
  socket.setEncoding('utf8').on('data', (text: string) => {
    heardAt = Date.now();
    if (!expected.startsWith(text)) broken ??= `it answered ${JSON.stringify(text)}`;
    expected = expected.slice(text.length);
  });
  setInterval(() => {
    // One at a time: what is late is then late, and not in a buffer.
    if (broken !== undefined || expected !== '') return;
    expected = `${(sent += 1)}\n`;
    socket.write(expected);
  }, BEAT_MS).unref();
  return {
    check() {
      if (expected !== '' && Date.now() - heardAt > LATEST_MS) broken ??= 'it is silent';
      if (broken !== undefined)
        throw new Error(`the witness's connection broke after ${sent} messages: ${broken}`);
    },
  };
}
