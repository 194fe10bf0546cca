/** Everything on a lab's machine that a pod could leave there, line by line, without what differs from run to run. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupLayout, hierarchies } from '../../../../src/runtime/cgroup/cgroup-layout.ts';
import { readMounts, readProcessStat } from '../../../../src/runtime/linux/proc.ts';
import { mustRun } from '../../../../src/runtime/linux/run-command.ts';

const SHOWN = ['net', 'ipc', 'uts', 'pid', 'mnt'];
const KEPT = ['/run/peapod', '/run/netns', '/run/crun', '/run/runc', '/var/lib/peapod', '/var/lib/cni'];

/** @param cgroupParent the cgroup of all pods */
export async function machineState(cgroupParent: string): Promise<string[]> {
  const [mounts, network] = await Promise.all([mountLines(), networkLines()]);
  return [
    ...processLines(),
    ...mounts,
    ...(await cgroupLines(cgroupParent)),
    ...network,
    ...KEPT.flatMap(fileLines),
  ]
    .map(withoutChance)
    .sort();
}

/** All but this process, those above it, and the tools that it runs. */
function processLines(): string[] {
  const own = new Set([1, process.pid, process.ppid]);
  const lines: string[] = [];
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const stat = readProcessStat(Number(name));
    if (stat === undefined || own.has(stat.pid) || stat.parentPid === process.pid || stat.state === 'Z')
      continue;
    lines.push(`process ${commandOf(stat.pid)} [${namespacesOf(stat.pid).join(' ')}]`);
  }
  return lines;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 5).join(' ').trim();
  } catch {
    return '';
  }
}

const OWN_NAMESPACES = new Map(SHOWN.map((kind) => [kind, readlinkSync(`/proc/self/ns/${kind}`)]));

function namespacesOf(pid: number): string[] {
  return SHOWN.filter((kind) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/${kind}`) !== OWN_NAMESPACES.get(kind);
    } catch {
      return false;
    }
  });
}

async function mountLines(): Promise<string[]> {
  const mounts = await readMounts();
  return mounts
    .filter(({ mountPoint }) => KEPT.some((folder) => mountPoint.startsWith(`${folder}/`)))
    .map(
      ({ mountPoint, type, options }) =>
        `mount ${mountPoint} ${type} ${options.includes('ro') ? 'ro' : 'rw'}`,
    );
}

async function cgroupLines(parent: string): Promise<string[]> {
  const layout = cgroupLayout(await readMounts());
  const below = (directory: string): string[] => {
    try {
      const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      const processes = readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').length - 1;
      return [
        `cgroup ${directory}: ${processes}`,
        ...children.flatMap(({ name }) => below(join(directory, name))),
      ];
    } catch {
      return [];
    }
  };
  return (layout === undefined ? [] : hierarchies(layout)).flatMap((root) => below(join(root, parent)));
}

interface Link {
  ifname: string;
  operstate: string;
  addr_info: { scope: string; local: string; prefixlen: number }[];
}

async function networkLines(): Promise<string[]> {
  const [address, rules] = await Promise.all([
    mustRun('ip', ['-json', 'address']),
    mustRun('nft', ['--stateless', 'list', 'ruleset']),
  ]);
  const links = (JSON.parse(address) as Link[]).filter(({ ifname }) => ifname !== 'lo');
  return [
    ...links.flatMap(({ ifname, addr_info }) => [
      `link ${ifname.replace(/^veth.*/, 'veth')}`,
      ...addr_info
        .filter(({ scope }) => scope === 'global')
        .map(({ local, prefixlen }) => `address ${ifname} ${local}/${prefixlen}`),
    ]),
    ...rules
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => `nft ${line.trim()}`),
  ];
}

function fileLines(path: string): string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  const kind = stat.isDirectory()
    ? 'directory'
    : stat.isSymbolicLink()
      ? 'link'
      : stat.isFile()
        ? 'file'
        : 'node';
  const mode = (stat.mode & 0o7777).toString(8);
  const lease = /\/leases\/[^/]+\/[\d.a-f:_]+$/.test(path) ? ` of ${contentOf(path).split(/\s/)[0]}` : '';
  const line = `${kind} ${path.replace(/(\/leases\/[^/]+\/)[\da-f]+[.:_][\d.a-f:_]+$/, '$1<address>')}${lease} ${mode}`;
  // What lies in an image's layer or a container's root is the image's.
  if (!stat.isDirectory() || /\/(fs|rootfs)$/.test(path)) return [line];
  return [line, ...namesIn(path).flatMap((name) => fileLines(join(path, name)))];
}

/** Nothing when it has gone in between. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Addresses of pods and their order follow from who came first; a sandbox that was made ahead has an id of its own, and each pod of a server another UID. */
function withoutChance(line: string): string {
  return line
    .replace(/\b10\.8[79]\.(?!0\.0\b|0\.1\/)\d+\.\d+ /g, '<pod address> ')
    .replace(/\bfd[0-9a-f:]+(?<!::|::1) \. /g, '<pod address> . ')
    .replace(/[0-9a-f]{64}/g, '<id>')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/kube-api-access-\w{5}\b/g, 'kube-api-access-<random>')
    .replace(/\.\.\d{4}(_\d\d){5}\.[0-9a-f]+/, '..<time>')
    .replace(/\/proc\/\d+\/fd\/\d+/g, '/proc/<pid>/fd/<fd>')
    .replace(/\/proc\/\d+/g, '/proc/<pid>');
}

/** What one state has and the other has not. */
export function difference(seen: readonly string[], expected: readonly string[]): string[] {
  const count = (lines: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
    return counts;
  };
  const [have, want] = [count(seen), count(expected)];
  return [...new Set([...seen, ...expected])]
    .map((line) => ({ line, extra: (have.get(line) ?? 0) - (want.get(line) ?? 0) }))
    .filter(({ extra }) => extra !== 0)
    .map(({ line, extra }) => `${extra > 0 ? 'left over' : 'missing'}: ${line}`);
}
