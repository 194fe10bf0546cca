/** What pods leave on a machine when something forgets to clean up. */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { mountsOf, nftRules, processes } from './kernel-view.ts';

const run = promisify(execFile);

/** What tells an installation's things from those of others. */
export interface LeakScope {
  /** Its state lies below. */
  directory: string;
  bridge: string;
  subnet: string;
  /** The name of the cgroup that all its pods are in. */
  cgroup: string;
}

/** Each thing as a line of text that names it: `mount /tmp/…`, `link veth…`. */
export type Snapshot = ReadonlySet<string>;

/** How long what ends by itself may take: a process to be reaped, a namespace to go with its last process. */
const SETTLE_MS = 3000;

export async function takeSnapshot(scope: LeakScope): Promise<Snapshot> {
  const parts = await Promise.all([
    mounts(scope),
    programs(scope),
    links(scope),
    rules(scope),
    cgroups(scope),
    files(),
  ]);
  return new Set(parts.flat());
}

/** What is there now and was not before; given some time to go by itself. */
export async function leaksSince(before: Snapshot, scope: LeakScope): Promise<string[]> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const left = [...(await takeSnapshot(scope))].filter((thing) => !before.has(thing));
    if (left.length === 0 || Date.now() > deadline) return left;
    await sleep(100);
  }
}

async function mounts({ directory }: LeakScope): Promise<string[]> {
  const all = await mountsOf('self');
  return all
    .filter(({ path }) => path.startsWith(`${directory}/`))
    .map(({ path, type }) => `mount ${path} (${type})`);
}

/** Processes that work for the installation: conmon, a supervisor, and whatever runs in its containers. */
async function programs({ directory }: LeakScope): Promise<string[]> {
  const others = (await processes()).filter(({ pid }) => pid !== process.pid);
  const owned = await Promise.all(
    others.map(
      async ({ pid, commandLine }) => commandLine.includes(directory) || (await worksIn(pid, directory)),
    ),
  );
  return others
    .filter((_, index) => owned[index])
    .map(({ pid, name, commandLine }) => `process ${pid} ${name}: ${commandLine}`);
}

/** Whether the process was told of the directory by its environment, or has its root file system there. */
async function worksIn(pid: number, directory: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  if (environment.includes(`=${directory}/`)) return true;
  const root = (await mountsOf(pid).catch(() => [])).find(({ path }) => path === '/');
  return root?.options.some((option) => option.includes(`${directory}/`)) ?? false;
}

/** The bridge, and everything that hangs on it. */
async function links({ bridge }: LeakScope): Promise<string[]> {
  const { stdout } = await run('ip', ['-json', 'link']);
  const all = JSON.parse(stdout) as { ifname: string; master?: string }[];
  return all
    .filter(({ ifname, master }) => ifname === bridge || master === bridge)
    .map(({ ifname }) => `link ${ifname}`);
}

async function rules({ bridge, subnet }: LeakScope): Promise<string[]> {
  const network = subnet.slice(0, subnet.lastIndexOf('.') + 1);
  const lines = (await nftRules()).split('\n').map((line) => line.trim());
  const named = (line: string) =>
    line.includes(network) || line.includes(bridge) || line.startsWith('chain CNI-');
  return lines.filter(named).map((line) => `rule ${line}`);
}

async function cgroups({ cgroup }: LeakScope): Promise<string[]> {
  return globSync([`/sys/fs/cgroup/*/${cgroup}`, `/sys/fs/cgroup/${cgroup}`]).map((path) => `cgroup ${path}`);
}

/** Where namespaces, leases and containers lie when nobody says where. */
async function files(): Promise<string[]> {
  const folders = ['/run/netns', '/run/crun', '/run/runc', '/var/lib/cni/networks', '/var/lib/cni/results'];
  const names = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  return names.flatMap((found, index) => found.map((name) => `file ${folders[index]}/${name}`));
}
