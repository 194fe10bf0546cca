/** Pseudo-terminals. @see pty(7), ioctl_tty(2) */
import { closeSync, constants, openSync } from 'node:fs';
import { checked, foreignFunction } from './libc.ts';

const posixOpenpt = foreignFunction('int posix_openpt(int flags)');
const grantpt = foreignFunction('int grantpt(int fd)');
const unlockpt = foreignFunction('int unlockpt(int fd)');
const ptsnameR = foreignFunction('int ptsname_r(int fd, _Out_ char *name, size_t size)');
const tcgetattr = foreignFunction('int tcgetattr(int fd, _Out_ uint8_t *termios)');
const tcsetattr = foreignFunction('int tcsetattr(int fd, int actions, const uint8_t *termios)');
const cfmakeraw = foreignFunction('void cfmakeraw(_Inout_ uint8_t *termios)');
const setWindowSize = foreignFunction('int ioctl(int fd, unsigned long request, const uint16_t *size)');

const O_CLOEXEC = 0o2000000;
const TIOCSWINSZ = 0x5414;
/** More than any architecture's `struct termios`. */
const TERMIOS_BYTES = 128;

/** Both ends of a terminal as file descriptors; whoever made it closes them. The slave passes on every byte as it is. */
export interface Pty {
  readonly master: number;
  readonly slave: number;
}

/** @throws ErrnoException when the machine has no terminals left */
export function openPty(): Pty {
  const master = checked(posixOpenpt(constants.O_RDWR | constants.O_NOCTTY | O_CLOEXEC), 'posix_openpt');
  try {
    checked(grantpt(master), 'grantpt');
    checked(unlockpt(master), 'unlockpt');
    const name = Buffer.alloc(64);
    checked(-Math.abs(Number(ptsnameR(master, name, name.length))), 'ptsname_r');
    const path = name.toString('latin1', 0, name.indexOf(0));
    const slave = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
    makeRaw(slave);
    return { master, slave };
  } catch (error) {
    closeSync(master);
    throw error;
  }
}

/** @param fd either end */
export function resizePty(fd: number, size: { columns: number; rows: number }): void {
  const cells = (count: number) => Math.min(0xffff, Math.max(0, Math.trunc(count)));
  checked(
    setWindowSize(fd, TIOCSWINSZ, Uint16Array.of(cells(size.rows), cells(size.columns), 0, 0)),
    'ioctl',
  );
}

function makeRaw(fd: number): void {
  const termios = Buffer.alloc(TERMIOS_BYTES);
  checked(tcgetattr(fd, termios), 'tcgetattr');
  cfmakeraw(termios);
  checked(tcsetattr(fd, 0, termios), 'tcsetattr');
}
