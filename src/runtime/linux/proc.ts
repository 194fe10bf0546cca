/** What /proc says of processes and mounts. @see proc(5) */
import { readFileSync, readlinkSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

export interface ProcessStat {
  pid: number;
  name: string;
  /** `R`, `S`, `D`, `Z`, … */
  state: string;
  parentPid: number;
  processGroup: number;
  session: number;
  /** In clock ticks since boot: with the PID it names one process for ever. */
  startTime: number;
}

/** @returns undefined when there is no such process */
export function readProcessStat(pid: number, task: number = pid): ProcessStat | undefined {
  const text = readOrMissing(`/proc/${pid}/task/${task}/stat`);
  if (text === undefined) return undefined;
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  return {
    pid: task,
    name: text.slice(open + 1, close),
    state: fields[0] ?? '',
    parentPid: Number(fields[1]),
    processGroup: Number(fields[2]),
    session: Number(fields[3]),
    startTime: Number(fields[19]),
  };
}

/** When the process was started, as text, or undefined when it is gone or a zombie. */
export function processStartTime(pid: number): string | undefined {
  const stat = pid > 0 ? readProcessStat(pid) : undefined;
  return stat === undefined || stat.state === 'Z' || stat.state === 'X' ? undefined : String(stat.startTime);
}

let boot: string | undefined;

/** Another one after each reboot. */
export function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}

/** Whether this very process is there and not a zombie. */
export function isAlive(pid: number, startTime: number): boolean {
  const stat = pid > 0 ? readProcessStat(pid) : undefined;
  return stat !== undefined && stat.startTime === startTime && stat.state !== 'Z' && stat.state !== 'X';
}

export async function listThreads(pid: number): Promise<{ tid: number; name: string }[]> {
  const tids = (await orMissing(readdir(`/proc/${pid}/task`))) ?? [];
  return tids
    .map((tid) => ({ tid: Number(tid), name: readProcessStat(pid, Number(tid))?.name ?? '' }))
    .filter(({ name }) => name !== '');
}

/** The controllers that a process is in with its path in each; the unified hierarchy has the name ''. */
export function readProcessCgroups(pid: number | 'self'): { controllers: string[]; path: string }[] {
  const text = readOrMissing(`/proc/${pid}/cgroup`) ?? '';
  return lines(text).map((line) => {
    const [, controllers = '', ...path] = line.split(':');
    return { controllers: controllers.split(','), path: path.join(':') };
  });
}

export type NamespaceKind = 'cgroup' | 'ipc' | 'mnt' | 'net' | 'pid' | 'user' | 'uts';

/** e.g. `net:[4026531840]`: equal for two processes in the same namespace. */
export function namespaceId(pid: number | 'self', kind: NamespaceKind): string {
  return readlinkSync(`/proc/${pid}/ns/${kind}`);
}

export interface MountEntry {
  mountPoint: string;
  root: string;
  type: string;
  source: string;
  options: string[];
  superOptions: string[];
}

/** All mounts that a process sees, in the order in which they were made. */
export async function readMounts(pid: number | 'self' = 'self'): Promise<MountEntry[]> {
  return lines(await readFile(`/proc/${pid}/mountinfo`, 'utf8')).map((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const fields = left.split(' ');
    const [type = '', source = '', superOptions = ''] = right.split(' ');
    return {
      root: unescape(fields[3] ?? ''),
      mountPoint: unescape(fields[4] ?? ''),
      options: (fields[5] ?? '').split(','),
      type,
      source: unescape(source),
      superOptions: superOptions.split(','),
    };
  });
}

/** /proc writes blanks, newlines and backslashes as octal numbers. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function readOrMissing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function orMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** ESRCH: the process ended between open and read. */
function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}
