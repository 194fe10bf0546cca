import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { PortMapping } from '../pod-runtime.ts';
import { ipFamily } from './ip-family.ts';

/** Whether nobody on this host listens at the port: found out by listening there for a moment. SCTP is taken on trust. */
export async function isPortFree({ protocol, hostPort, hostIp }: PortMapping): Promise<boolean> {
  const host = hostIp === '' ? '0.0.0.0' : hostIp;
  try {
    if (protocol === 'TCP') await tryTcp(host, hostPort);
    if (protocol === 'UDP') await tryUdp(host, hostPort);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
}

async function tryTcp(host: string, port: number): Promise<void> {
  const server = createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

async function tryUdp(host: string, port: number): Promise<void> {
  const socket = createSocket(ipFamily(host) === 6 ? 'udp6' : 'udp4');
  socket.bind({ address: host, port, exclusive: true });
  try {
    await once(socket, 'listening');
  } finally {
    socket.close();
  }
}
