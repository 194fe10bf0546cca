import { type Check, fail, ok, warn } from '../check.ts';
import type { DoctorHost } from '../doctor-host.ts';

/** Of a version 1 host; version 2 has no devices and freezer controllers, it does these without. */
const NEEDED = { v1: ['cpu', 'memory', 'pids', 'devices', 'freezer'], v2: ['cpu', 'memory', 'pids'] };

export interface CgroupLayout {
  kind: 'v1' | 'v2' | 'hybrid';
  /** Where each version 1 controller is mounted. */
  controllers: Map<string, string>;
  /** The controllers of the version 2 hierarchy. */
  unified: string[];
}

const layout: Check = {
  name: 'cgroups',
  async examine(host) {
    const found = await cgroupLayout(host);
    if (found === undefined) {
      return fail('no cgroup hierarchy is mounted', 'mount -t cgroup2 cgroup2 /sys/fs/cgroup');
    }
    const names = new Set([...found.controllers.keys(), ...found.unified]);
    const missing = NEEDED[found.kind === 'v2' ? 'v2' : 'v1'].filter((name) => !names.has(name));
    const title =
      found.kind === 'hybrid' ? 'version 1, with version 2 beside it' : `version ${found.kind.slice(1)}`;
    if (missing.length === 0) return ok(`${title}: ${[...names].join(' ')}`);
    const verdict = missing.includes('memory') || missing.includes('devices') ? fail : warn;
    return verdict(
      `${found.kind}, without ${missing.join(', ')}: such limits cannot be kept`,
      missing.includes('memory') ? 'boot with cgroup_enable=memory' : undefined,
    );
  },
};

/** Of controllers that crun cannot work with, and of version 1 controllers that are in use but mounted nowhere. */
const stray: Check = {
  name: 'stray controllers',
  async examine(host) {
    const found = await cgroupLayout(host);
    if (found === undefined || found.kind === 'v2') return ok('none');
    const refused = found.kind === 'hybrid' ? found.unified : [];
    const unmounted = await unmountedControllers(host, found);
    const names = [...refused, ...unmounted];
    if (names.length === 0) return ok('none');
    const effect =
      refused.length > 0
        ? `${refused.join(', ')} in the version 2 hierarchy: crun refuses to work, runc is used instead`
        : `${unmounted.join(', ')} mounted nowhere: other engines lose their statistics`;
    const fix = names.flatMap((name): [string, ...string[]][] => [
      ['mkdir', '-p', `/sys/fs/cgroup/${name}`],
      ['mount', '-t', 'cgroup', '-o', name, 'cgroup', `/sys/fs/cgroup/${name}`],
    ]);
    return { ...warn(effect, fix.map((command) => command.join(' ')).join(' && ')), fix };
  },
};

export const CGROUP_CHECKS: readonly Check[] = [layout, stray];

/** What is mounted on and below `/sys/fs/cgroup`. */
export async function cgroupLayout(host: DoctorHost): Promise<CgroupLayout | undefined> {
  const mounts = parseMounts((await host.read('/proc/self/mountinfo')) ?? '');
  const unifiedMount = mounts.find(({ type }) => type === 'cgroup2');
  const controllers = new Map(
    mounts
      .filter(({ type }) => type === 'cgroup')
      .flatMap(({ path, options }) => options.map((option): [string, string] => [option, path]))
      .filter(([option]) => /^[a-z_]+$/.test(option) && !NOT_CONTROLLERS.has(option)),
  );
  if (unifiedMount === undefined && controllers.size === 0) return undefined;
  const listed = unifiedMount && (await host.read(`${unifiedMount.path}/cgroup.controllers`));
  const unified = (listed ?? '').split(/\s+/).filter((name) => name !== '');
  if (controllers.size === 0 && unifiedMount?.path === '/sys/fs/cgroup') {
    return { kind: 'v2', controllers, unified };
  }
  return { kind: unifiedMount === undefined ? 'v1' : 'hybrid', controllers, unified };
}

const NOT_CONTROLLERS = new Set(['rw', 'ro', 'xattr', 'noprefix', 'clone_children']);

/** Version 1 controllers that `/proc/self/cgroup` names, without a mount. */
async function unmountedControllers(host: DoctorHost, found: CgroupLayout): Promise<string[]> {
  const text = (await host.read('/proc/self/cgroup')) ?? '';
  return text
    .split('\n')
    .flatMap((line) => (line.split(':')[1] ?? '').split(','))
    .filter((name) => name !== '' && !name.startsWith('name=') && !found.controllers.has(name));
}

interface CgroupMount {
  path: string;
  type: string;
  options: string[];
}

function parseMounts(mountinfo: string): CgroupMount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [type = '', , options = ''] = right.split(' ');
    return type.startsWith('cgroup')
      ? [{ path: left.split(' ')[4] ?? '', type, options: options.split(',') }]
      : [];
  });
}
