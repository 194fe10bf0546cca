import type { OciSeccomp, OciSeccompRule } from './oci-spec.ts';
import {
  ALLOWED_SYSCALLS,
  ARCHITECTURE_SYSCALLS,
  CAPABILITY_SYSCALLS,
  REFUSED_SYSCALLS,
} from './seccomp-syscalls.ts';

const EPERM = 1;
const ENOSYS = 38;

/** The flags of clone(2) that make a namespace: NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const CLONE_NAMESPACES = 0x7e020000;

/** Linux, SHORT_INODE, UNAME26, both, and "which is it?". */
const PERSONALITIES = [0x0, 0x0008, 0x20000, 0x20008, 0xffffffff];

/** Socket families that reach around the pod's namespaces (vsock, to the hypervisor) or have a long record of holes (the kernel's crypto API). */
const AF_ALG = 38;
const AF_VSOCK = 40;

const ARCHITECTURES: Record<'x64' | 'arm64', string[]> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

/**
 * The profile `RuntimeDefault`, for a container with these capabilities: an allow-list; what is known and not on it fails with EPERM,
 * what nobody knew when this was written with ENOSYS, so that libraries fall back to older calls.
 */
export function defaultSeccomp(arch: 'x64' | 'arm64', capabilities: ReadonlySet<string>): OciSeccomp {
  const granted = new Set<string>();
  const withheld = new Set<string>(REFUSED_SYSCALLS);
  for (const [capability, names] of Object.entries(CAPABILITY_SYSCALLS)) {
    for (const name of names) (capabilities.has(capability) ? granted : withheld).add(name);
  }
  for (const name of granted) withheld.delete(name);
  const mayMakeNamespaces = capabilities.has('CAP_SYS_ADMIN');
  if (!mayMakeNamespaces) {
    // clone has its rule on flags below. The flags of clone3 lie in memory, where no filter can look: ENOSYS sends libraries to clone.
    withheld.delete('clone');
    withheld.delete('clone3');
  }
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: ENOSYS,
    architectures: ARCHITECTURES[arch],
    syscalls: [
      allow([...ALLOWED_SYSCALLS, ...ARCHITECTURE_SYSCALLS[arch], ...granted]),
      ...personalityRules(),
      ...socketRules(),
      ...(mayMakeNamespaces ? [] : [cloneRule()]),
      { names: [...withheld], action: 'SCMP_ACT_ERRNO', errnoRet: EPERM },
    ],
  };
}

function allow(names: string[]): OciSeccompRule {
  return { names, action: 'SCMP_ACT_ALLOW' };
}

function personalityRules(): OciSeccompRule[] {
  return PERSONALITIES.map((value) => ({
    ...allow(['personality']),
    args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }],
  }));
}

function socketRules(): OciSeccompRule[] {
  return [
    { ...allow(['socket']), args: [{ index: 0, value: AF_ALG, op: 'SCMP_CMP_LT' }] },
    { ...allow(['socket']), args: [{ index: 0, value: AF_ALG + 1, op: 'SCMP_CMP_EQ' }] },
    { ...allow(['socket']), args: [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_GT' }] },
  ];
}

function cloneRule(): OciSeccompRule {
  return {
    ...allow(['clone']),
    args: [{ index: 0, value: CLONE_NAMESPACES, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
  };
}
