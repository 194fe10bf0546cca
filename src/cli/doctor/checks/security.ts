import { type Check, fail, ok, warn } from '../check.ts';
import { versionParts } from './system.ts';

/** Of the kernel's capabilities, those without which no pod starts. */
const NEEDED = new Map([
  [12, 'NET_ADMIN'],
  [18, 'SYS_CHROOT'],
  [21, 'SYS_ADMIN'],
]);
const SYS_RESOURCE = 24;
/** Since when file systems of the common kinds can be mounted with mapped IDs. */
const IDMAPPED_MOUNTS = [5, 19] as const;

const capabilities: Check = {
  name: 'capabilities',
  async examine(host) {
    const status = (await host.read('/proc/self/status')) ?? '';
    const last = Number((await host.read('/proc/sys/kernel/cap_last_cap'))?.trim() ?? 40);
    const bounding = BigInt(`0x${/^CapBnd:\s+([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
    const missing = Array.from({ length: last + 1 }, (_, bit) => bit).filter(
      (bit) => (bounding & (1n << BigInt(bit))) === 0n,
    );
    const needed = missing.flatMap((bit) => NEEDED.get(bit) ?? []);
    if (needed.length > 0) return fail(`without CAP_${needed.join(', CAP_')}: no pod can start here`);
    if (missing.includes(SYS_RESOURCE)) {
      return warn(
        'without CAP_SYS_RESOURCE: rlimits are clamped to the hard limits, oom_score_adj to the own value',
      );
    }
    return missing.length === 0
      ? ok('all')
      : warn(`${missing.length} missing (bits ${missing.join(', ')}): containers cannot be given them`);
  },
};

const seccomp: Check = {
  name: 'seccomp',
  async examine(host) {
    const actions = await host.read('/proc/sys/kernel/seccomp/actions_avail');
    return actions === undefined
      ? fail('not in this kernel: containers cannot run under the default profile')
      : ok('there');
  },
};

const userNamespaces: Check = {
  name: 'user namespaces',
  async examine(host) {
    const most = Number((await host.read('/proc/sys/user/max_user_namespaces'))?.trim() ?? 0);
    if (!(most > 0)) {
      return warn(
        'turned off: pods with hostUsers: false cannot run',
        'sysctl -w user.max_user_namespaces=15000',
      );
    }
    const [major = 0, minor = 0] = versionParts((await host.read('/proc/sys/kernel/osrelease')) ?? '');
    const [sinceMajor, sinceMinor] = IDMAPPED_MOUNTS;
    if (major > sinceMajor || (major === sinceMajor && minor >= sinceMinor))
      return ok('there, with idmapped mounts');
    return warn(
      `there, but id-mapped layers need Linux ${IDMAPPED_MOUNTS.join('.')}: pods with hostUsers: false are refused`,
    );
  },
};

const appArmor: Check = {
  name: 'AppArmor',
  async examine(host) {
    const enabled = (await host.read('/sys/module/apparmor/parameters/enabled'))?.trim() === 'Y';
    return ok(enabled ? 'on' : 'not on: pods that ask for a profile are refused');
  },
};

export const SECURITY_CHECKS: readonly Check[] = [capabilities, seccomp, userNamespaces, appArmor];
