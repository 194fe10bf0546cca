/** Asks the kernel of one network namespace for links, addresses and routes. @see rtnetlink(7) */
import { closeSync } from 'node:fs';
import { checked, lastErrno, systemError } from '../libc.ts';
import { AF_NETLINK, MSG_DONTWAIT, recv, SOCK_CLOEXEC, SOCK_RAW, send, socket } from '../sockets.ts';
import { withinNamespace } from '../within-namespace.ts';
import { decodeMessages, encodeMessage, type Message } from './message.ts';

const NETLINK_ROUTE = 0;
const EINTR = 4;
const EAGAIN = 11;
/** More than the kernel puts into one packet. */
const PACKET_BYTES = 64 * 1024;

export interface RouteSocket extends Disposable {
  /**
   * Has the kernel do what the messages say, one after the other. Another thread waits for it: links and namespaces that
   * come and go elsewhere can hold it up.
   * @returns what was answered to a GET
   * @throws ErrnoException of the first that failed: EEXIST, ENODEV, EPERM, …; those after it are done nevertheless
   */
  request(messages: readonly Message[]): Promise<Buffer[]>;
}

/**
 * @param namespace `/proc/PID/ns/net`; this process's own unless told. This thread enters it to open the socket, which belongs to
 * it for good, and leaves it before anything else runs
 * @throws ErrnoException ENOENT when the namespace is gone, EPERM
 */
export function openRouteSocket(namespace?: string): RouteSocket {
  const fd = namespace === undefined ? openSocket() : withinNamespace('net', namespace, openSocket);
  let sequence = 0;
  return {
    async request(messages) {
      const first = sequence + 1;
      sequence += messages.length;
      await sendAll(
        fd,
        Buffer.concat(messages.map((message, number) => encodeMessage(message, first + number))),
      );
      return receiveAnswers(fd, first, sequence);
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

function openSocket(): number {
  return checked(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), 'socket');
}

/** The kernel works while it is sent to. */
async function sendAll(fd: number, bytes: Buffer): Promise<void> {
  const sent = await new Promise<number>((resolve, reject) => {
    (send as unknown as AsyncForeign).async(fd, bytes, bytes.length, 0, (error, result) =>
      error === null ? resolve(Number(result)) : reject(error),
    );
  });
  // What the call's errno was is the other thread's.
  if (sent !== bytes.length) throw new Error(`netlink: ${sent} of ${bytes.length} bytes were sent`);
}

interface AsyncForeign {
  async(...args: [...unknown[], callback: (error: Error | null, result: unknown) => void]): void;
}

/** All are there once what they answer has been sent. */
function receiveAnswers(fd: number, first: number, last: number): Buffer[] {
  const packet = Buffer.alloc(PACKET_BYTES);
  const found: Buffer[] = [];
  let failure = 0;
  for (let acknowledged = first - 1; acknowledged < last; ) {
    const length = Number(recv(fd, packet, packet.length, MSG_DONTWAIT));
    if (length < 0) {
      const errno = lastErrno();
      if (errno === EINTR) continue;
      throw errno === EAGAIN ? new Error('netlink: the kernel did not answer') : systemError(errno, 'recv');
    }
    for (const { sequence, errno, payload } of decodeMessages(packet.subarray(0, length))) {
      if (sequence < first) continue;
      if (errno === undefined) {
        found.push(Buffer.from(payload));
        continue;
      }
      acknowledged = sequence;
      if (failure === 0) failure = errno;
    }
  }
  if (failure !== 0) throw systemError(failure, 'netlink');
  return found;
}
