import { PeapodError } from '../../../model/errors.ts';
import type { OciCapabilities } from './oci-spec.ts';

/**
 * What a container may do when its manifest says nothing: the capabilities that the Pod Security Standards' `baseline`
 * level allows. That is containerd's and Docker's list without NET_RAW, with which a container could forge
 * packets of its neighbours on the pod network (`ping` works without it).
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
 */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_MKNOD',
  'CAP_NET_BIND_SERVICE',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
];

/** In the order of the kernel's numbers (`linux/capability.h`): the index is the bit in `/proc/PID/status`. */
export const ALL_CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
];

export interface CapabilityRequest {
  privileged: boolean;
  add: readonly string[];
  drop: readonly string[];
  /** Given to what is not root's as well, and so to be granted like those of `add`. */
  ambient?: readonly string[];
}

/**
 * The capabilities of a container's first process. `ALL` in `add` or `drop` is applied first, then the single names, as the
 * kubelet's runtimes do; a privileged container has all. What is not in `bounding` (our own bounding set) cannot be given.
 * @throws PeapodError CreateContainerConfigError for a name that the kernel does not know, or one that we do not have and that was asked for by name
 */
export function grantedCapabilities(request: CapabilityRequest, bounding: ReadonlySet<string>): string[] {
  if (request.privileged) return ALL_CAPABILITIES.filter((name) => bounding.has(name));
  const ambient = (request.ambient ?? []).map(normalised);
  const add = [...request.add.map(normalised), ...ambient];
  const drop = request.drop.map(normalised);
  for (const name of ambient)
    if (name !== 'CAP_ALL' && drop.includes(name))
      throw new PeapodError(
        'CreateContainerConfigError',
        `capability ${name} cannot be both ambient and dropped`,
      );
  const granted = new Set<string>(add.includes('CAP_ALL') ? ALL_CAPABILITIES : DEFAULT_CAPABILITIES);
  if (drop.includes('CAP_ALL')) granted.clear();
  for (const name of add) if (name !== 'CAP_ALL') granted.add(known(name));
  for (const name of drop) if (name !== 'CAP_ALL') granted.delete(known(name));
  for (const name of add) {
    if (granted.has(name) && !bounding.has(name)) {
      throw new PeapodError(
        'CreateContainerConfigError',
        `cannot add capability ${name}: the host withholds it`,
      );
    }
  }
  return ALL_CAPABILITIES.filter((name) => granted.has(name) && bounding.has(name));
}

/** A program gets what it is granted as root only, or by its file's own capabilities; what is ambient it gets as anybody. */
export function capabilitySets(granted: readonly string[], ambient: readonly string[] = []): OciCapabilities {
  const wanted = new Set(ambient.map(normalised));
  const always = granted.filter((name) => wanted.has('CAP_ALL') || wanted.has(name));
  return {
    bounding: [...granted],
    effective: [...granted],
    permitted: [...granted],
    inheritable: always,
    ambient: [...always],
  };
}

/** The names in a hexadecimal mask as `/proc/PID/status` shows it. */
export function capabilityNames(mask: string): string[] {
  const bits = BigInt(`0x${mask}`);
  return ALL_CAPABILITIES.filter((_, bit) => (bits >> BigInt(bit)) & 1n);
}

function normalised(name: string): string {
  const upper = name.toUpperCase();
  return upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
}

function known(name: string): string {
  if (ALL_CAPABILITIES.includes(name)) return name;
  throw new PeapodError('CreateContainerConfigError', `unknown capability "${name.slice(4)}"`);
}
