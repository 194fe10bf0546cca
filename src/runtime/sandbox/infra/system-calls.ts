/**
 * Lists of system calls for `pause` to make before it waits: what stands in pause-x86_64.S and pause-aarch64.S, as data. The list is one block of
 * memory for one address: its length, seven words for each call (its number and six arguments), and after them what the arguments point to.
 */
import { getSystemErrorMessage } from 'node:util';

/** A number, or what a pointer points to: bytes, or a string with a zero after it. */
type Argument = number | string | Uint8Array;

export type SystemCallName = keyof (typeof NUMBERS)['x64'];

/** `split` makes a child that goes on with the list, while its parent tells the child's PID and ends. */
export type SystemCall = readonly [name: SystemCallName, ...args: readonly Argument[]];

export type CallsArchitecture = keyof typeof NUMBERS;

/** What `pause` has told before it closed its end. */
export interface CallsAnswer {
  /** The child's, in our PID namespace; undefined: there is none. */
  readonly pid: number | undefined;
  /** The last call of the list, `TELL_DONE`, was made. */
  readonly done: boolean;
  /** What failed, and why. */
  readonly failure: string | undefined;
}

const SPLIT = -2;
const END = -1;

const NUMBERS = {
  x64: {
    split: SPLIT,
    write: 1,
    close: 3,
    ioctl: 16,
    socket: 41,
    chdir: 80,
    setsid: 112,
    setgroups: 116,
    capset: 126,
    pivot_root: 155,
    prctl: 157,
    mount: 165,
    umount2: 166,
    sethostname: 170,
    unshare: 272,
  },
  arm64: {
    split: SPLIT,
    write: 64,
    close: 57,
    ioctl: 29,
    socket: 198,
    chdir: 49,
    setsid: 157,
    setgroups: 159,
    capset: 91,
    pivot_root: 41,
    prctl: 167,
    mount: 40,
    umount2: 39,
    sethostname: 161,
    unshare: 97,
  },
} as const;

/** As in the programs' sources. */
const ADDRESS = 0x1000_0000;
const ROOM = 0x1_0000;
const ARGUMENTS = 6;
const WORD = 8;
const CALL_SIZE = (1 + ARGUMENTS) * WORD;
const ANSWER_SIZE = 2 * WORD;
const ANSWER_FD = 4;
const DONE = -1n;

/** Tells that all calls before it were made. */
export const TELL_DONE: SystemCall = ['write', ANSWER_FD, words(DONE, 0n), ANSWER_SIZE];

/** @throws RangeError when there are more than `pause` has room for */
export function encodeCalls(calls: readonly SystemCall[], architecture: CallsArchitecture): Buffer {
  const tableSize = WORD + calls.length * CALL_SIZE + WORD;
  const block = Buffer.alloc(ROOM);
  let used = tableSize;
  const place = (argument: Argument): bigint => {
    if (typeof argument === 'number') return BigInt(argument);
    const bytes = typeof argument === 'string' ? Buffer.from(`${argument}\0`) : argument;
    const at = used;
    // The kernel wants numbers at multiples of their size.
    used += Math.ceil(bytes.length / WORD) * WORD;
    if (used > ROOM) throw new RangeError('too many system calls for one list');
    block.set(bytes, at);
    return BigInt(ADDRESS + at);
  };
  if (tableSize > ROOM) throw new RangeError('too many system calls for one list');
  calls.forEach(([name, ...args], index) => {
    const at = WORD + index * CALL_SIZE;
    block.writeBigInt64LE(BigInt(NUMBERS[architecture][name]), at);
    args.forEach((argument, place_) => block.writeBigInt64LE(place(argument), at + (1 + place_) * WORD));
  });
  block.writeBigInt64LE(BigInt(END), tableSize - WORD);
  block.writeBigInt64LE(BigInt(used), 0);
  return block.subarray(0, used);
}

/** @param said all that came, until the end */
export function readCallsAnswer(said: Buffer, calls: readonly SystemCall[]): CallsAnswer {
  let pid: number | undefined;
  let done = false;
  let failure: string | undefined;
  for (let at = 0; at + ANSWER_SIZE <= said.length; at += ANSWER_SIZE) {
    const [what, value] = [said.readBigInt64LE(at), Number(said.readBigInt64LE(at + WORD))];
    if (what === 0n) pid = value;
    else if (what === DONE) done = true;
    else {
      const [name, ...args] = calls[(Number(what) - ADDRESS - WORD) / CALL_SIZE] ?? ['?'];
      const shown = args.filter((argument) => typeof argument === 'string');
      failure = `${[name, ...shown].join(' ')}: ${getSystemErrorMessage(value)}`;
    }
  }
  return { pid, done, failure };
}

export function words(...values: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(values.length * WORD);
  values.forEach((value, index) => bytes.writeBigInt64LE(value, index * WORD));
  return bytes;
}
