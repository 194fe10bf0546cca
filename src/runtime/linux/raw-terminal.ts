/** A terminal that passes every byte on as it is, in both directions. @see termios(3) */
import { checked, foreignFunction } from './libc.ts';

const tcgetattr = foreignFunction('int tcgetattr(int fd, void *termios)');
const tcsetattr = foreignFunction('int tcsetattr(int fd, int when, const void *termios)');
const cfmakeraw = foreignFunction('void cfmakeraw(void *termios)');

/** More than `struct termios` takes on any architecture. */
const TERMIOS_BYTES = 128;
const TCSADRAIN = 1;

/** Disposing makes the terminal what it was. `setRawMode` of node:tty would still turn `\n` into `\r\n`. */
export function rawTerminal(fd: number): Disposable {
  const before = Buffer.alloc(TERMIOS_BYTES);
  checked(tcgetattr(fd, before), 'tcgetattr');
  const raw = Buffer.from(before);
  cfmakeraw(raw);
  checked(tcsetattr(fd, TCSADRAIN, raw), 'tcsetattr');
  return { [Symbol.dispose]: () => void tcsetattr(fd, TCSADRAIN, before) };
}
