/** What the kernel says of processes, whatever peapod believes. */
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const NAMESPACES = ['net', 'ipc', 'uts', 'pid', 'mnt', 'user', 'cgroup'] as const;
export type Namespace = (typeof NAMESPACES)[number];

/** The inode of each of a process's namespaces, e.g. `net:[4026531840]`. */
export async function namespacesOf(pid: number | 'self'): Promise<Record<Namespace, string>> {
  const entries = await Promise.all(
    NAMESPACES.map(async (name) => [name, await readlink(`/proc/${pid}/ns/${name}`)] as const),
  );
  return Object.fromEntries(entries) as Record<Namespace, string>;
}

/** A mount that a process sees. */
export interface MountView {
  /** Where in the process's root. */
  path: string;
  /** Which directory of the file system. */
  fsRoot: string;
  type: string;
  source: string;
  /** The mount's and the file system's. */
  options: string[];
}

export async function mountsOf(pid: number | 'self'): Promise<MountView[]> {
  const text = await readFile(`/proc/${pid}/mountinfo`, 'utf8');
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , fsRoot, path, options = ''] = left.split(' ').map(unescape);
    const [type = '', source = '', superOptions = ''] = right.split(' ').map(unescape);
    if (path === undefined || fsRoot === undefined) return [];
    return [{ path, fsRoot, type, source, options: [...options.split(','), ...superOptions.split(',')] }];
  });
}

/** Mountinfo writes space, tab, newline and backslash as octal numbers. */
function unescape(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Where a process's cgroup of a controller lies below `/sys/fs/cgroup`, in whichever version has it. */
export async function cgroupDirectory(pid: number, controller: string): Promise<string> {
  const lines = (await readFile(`/proc/${pid}/cgroup`, 'utf8')).trimEnd().split('\n');
  const mounts = await mountsOf('self');
  const named = lines.find((line) => line.split(':')[1]?.split(',').includes(controller));
  const mount = mounts.find(({ type, options }) =>
    named === undefined ? type === 'cgroup2' : type === 'cgroup' && options.includes(controller),
  );
  const line = named ?? lines.find((line) => line.startsWith('0::'));
  if (line === undefined || mount === undefined) throw new Error(`no cgroup of ${controller} for ${pid}`);
  return mount.path + line.split(':').slice(2).join(':');
}

/** The file of a process's cgroup that has a name in either version, e.g. `memory.limit_in_bytes` or `memory.max`. */
export async function cgroupValue(
  pid: number,
  file: { controller: string; v1: string; v2: string },
): Promise<string> {
  const directory = await cgroupDirectory(pid, file.controller);
  const text = await readFile(`${directory}/${file.v1}`, 'utf8').catch(() =>
    readFile(`${directory}/${file.v2}`, 'utf8'),
  );
  return text.trim();
}

export const MEMORY_LIMIT = { controller: 'memory', v1: 'memory.limit_in_bytes', v2: 'memory.max' };

export interface AddressView {
  link: string;
  family: 'inet' | 'inet6';
  address: string;
  prefixLength: number;
}

/** The addresses in a process's network namespace, but those of loopback and of the link alone. */
export async function addressesOf(pid: number): Promise<AddressView[]> {
  const { stdout } = await run('nsenter', ['-t', `${pid}`, '-n', 'ip', '-json', 'address']);
  const links = JSON.parse(stdout) as {
    ifname: string;
    addr_info: { family: AddressView['family']; local: string; prefixlen: number; scope: string }[];
  }[];
  return links.flatMap(({ ifname, addr_info }) =>
    addr_info
      .filter(({ scope }) => scope === 'global')
      .map(({ family, local, prefixlen }) => ({
        link: ifname,
        family,
        address: local,
        prefixLength: prefixlen,
      })),
  );
}

/** All packet filter rules, without the counters that change by themselves. */
export async function nftRules(): Promise<string> {
  const { stdout } = await run('nft', ['--stateless', 'list', 'ruleset'], { maxBuffer: 64 * 1024 ** 2 });
  return stdout;
}

export async function hostnameOf(pid: number): Promise<string> {
  const { stdout } = await run('nsenter', ['-t', `${pid}`, '-u', 'hostname']);
  return stdout.trim();
}

export interface ProcessView {
  pid: number;
  parentPid: number;
  processGroup: number;
  name: string;
  commandLine: string;
}

/** Every process there is now. */
export async function processes(): Promise<ProcessView[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const views = await Promise.all(pids.map((pid) => processOf(pid).catch(() => undefined)));
  return views.filter((view) => view !== undefined);
}

/** @throws when there is no such process */
export async function processOf(pid: number): Promise<ProcessView> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const commandLine = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
  const [, parentPid, processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    parentPid: Number(parentPid),
    processGroup: Number(processGroup),
    name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
    commandLine,
  };
}

export async function descendantsOf(pid: number): Promise<ProcessView[]> {
  const all = await processes();
  const below = (parent: number): ProcessView[] =>
    all.filter(({ parentPid }) => parentPid === parent).flatMap((child) => [child, ...below(child.pid)]);
  return below(pid);
}
