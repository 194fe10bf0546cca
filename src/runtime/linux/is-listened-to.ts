import { once } from 'node:events';
import { connect } from 'node:net';

/** Whether a server answers on a UNIX socket: one whose server was killed is there too. */
export async function isListenedTo(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
