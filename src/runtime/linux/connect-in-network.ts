/** Connections to the loopback of another network namespace. @see setns(2) */
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { ConnectAnswer, ConnectRequest } from './connect-in-network-worker.ts';
import { externalStep } from './external-step.ts';
import { systemError } from './libc.ts';

/**
 * Connects to `port` on the loopback of the network namespace at `path` (`/proc/PID/ns/net`), by IPv4 or else IPv6. A
 * namespace is entered thread by thread: a thread made for it enters, connects, and ends; the connection stays.
 * @throws ErrnoException ECONNREFUSED, ENOENT when the namespace is gone, ETIMEDOUT
 */
export async function connectInNetwork(path: string, port: number, timeoutMs: number): Promise<Socket> {
  return await externalStep(
    'connect',
    `${path} port ${port}`,
    async () => await connectFrom(path, port, timeoutMs),
  );
}

async function connectFrom(path: string, port: number, timeoutMs: number): Promise<Socket> {
  const workerData: ConnectRequest = { path, port, timeoutMs };
  const worker = new Worker(new URL('./connect-in-network-worker.ts', import.meta.url), {
    workerData,
    // The connection outlives the thread.
    trackUnmanagedFds: false,
  });
  const answer = await new Promise<ConnectAnswer>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread ended without an answer')));
  });
  if ('errno' in answer) throw systemError(answer.errno, answer.syscall, `port ${port}`);
  return new Socket({ fd: answer.fd, readable: true, writable: true, allowHalfOpen: true });
}
