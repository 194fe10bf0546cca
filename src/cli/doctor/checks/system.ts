import { type Check, fail, ok, warn } from '../check.ts';

const OLDEST_KERNEL = [5, 10] as const;
const OLDEST_NODE = 24;

const root: Check = {
  name: 'root',
  async examine(host) {
    if (host.uid === 0) return ok('runs as root');
    return fail('not root: pods need namespaces, mounts and cgroups', 'sudo peapod system doctor');
  },
};

const kernel: Check = {
  name: 'kernel',
  async examine(host) {
    const release = (await host.read('/proc/sys/kernel/osrelease'))?.trim() ?? 'unknown';
    const [major = 0, minor = 0] = versionParts(release);
    const [oldestMajor, oldestMinor] = OLDEST_KERNEL;
    if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok(`Linux ${release}`);
    return fail(`Linux ${release}: peapod needs ${OLDEST_KERNEL.join('.')} or later`);
  },
};

const node: Check = {
  name: 'node',
  async examine(host) {
    const [major = 0] = versionParts(host.nodeVersion);
    if (major >= OLDEST_NODE) return ok(`Node.js ${host.nodeVersion}`);
    return fail(`Node.js ${host.nodeVersion}: peapod needs ${OLDEST_NODE} or later`, 'npm install');
  },
};

const openFiles: Check = {
  name: 'open files',
  async examine(host) {
    const limits = (await host.read('/proc/self/limits')) ?? '';
    const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
    if (hard === undefined) return warn('the limit of open files cannot be read');
    if (hard === 'unlimited' || Number(hard) >= 8192) return ok(`up to ${hard} per process`);
    return warn(`only ${hard} per process: a few dozen pods use that up`, 'ulimit -Hn 65536');
  },
};

/** The machine, and the process that peapod is. */
export const SYSTEM_CHECKS: readonly Check[] = [root, kernel, node, openFiles];

export function versionParts(version: string): number[] {
  return (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
}
