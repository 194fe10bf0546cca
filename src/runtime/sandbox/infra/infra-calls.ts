/** What `pause` does to become a pod's infra container: the same that an OCI runtime would, for the plain case. */
import { AF_INET, SOCK_DGRAM } from '../../linux/sockets.ts';
import type { PodSandboxConfig } from '../../pod-runtime.ts';
import { type SystemCall, TELL_DONE } from './system-calls.ts';

const CLONE_NEWNS = 0x0002_0000;
const CLONE_NEWUTS = 0x0400_0000;
const CLONE_NEWIPC = 0x0800_0000;
const CLONE_NEWPID = 0x2000_0000;
const CLONE_NEWNET = 0x4000_0000;

const MS_RDONLY = 0x1;
const MS_NOSUID = 0x2;
const MS_NODEV = 0x4;
const MS_NOEXEC = 0x8;
const MS_REMOUNT = 0x20;
const MS_BIND = 0x1000;
const MS_REC = 0x4000;
const MS_PRIVATE = 0x4_0000;
const MNT_DETACH = 2;
const NONE = 0;

const PR_SET_NAME = 15;
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
/** `_LINUX_CAPABILITY_VERSION_3`, of the process itself. */
const CAPABILITY_HEADER = Buffer.from([0x22, 0x05, 0x08, 0x20, 0, 0, 0, 0]);
const NO_CAPABILITIES = Buffer.alloc(24);

/** Those that the program was started with. */
const CALLS_FD = 3;
const ANSWER_FD = 4;

const SIOCSIFFLAGS = 0x8914;
/** IFF_UP and IFF_RUNNING, in an `ifreq`. */
const LO_UP = Buffer.concat([Buffer.from('lo'.padEnd(16, '\0')), Buffer.from([0x41, 0]), Buffer.alloc(22)]);

/** As OCI runtimes leave a new network. The socket gets the lowest free number, which is that of the descriptor closed before. */
const LOOPBACK_UP: readonly SystemCall[] = [
  ['socket', AF_INET, SOCK_DGRAM, 0],
  ['ioctl', CALLS_FD, SIOCSIFFLAGS, LO_UP],
  ['close', CALLS_FD],
];

export interface InfraCallsOptions {
  readonly rootfs: string;
  /** The highest that the kernel knows. */
  readonly lastCapability: number;
}

/**
 * New namespaces, a root that holds nothing but the program and cannot be written to, the pod's hostname; and then no capability, no way to one, no group
 * and no descriptor of ours.
 * @see namespaces(7), pivot_root(2), capabilities(7)
 */
export function infraCalls(
  { linux, hostname }: PodSandboxConfig,
  { rootfs, lastCapability }: InfraCallsOptions,
): SystemCall[] {
  const { network, ipc, pid } = linux.namespaces;
  // A pod on the node's network has the node's name too.
  const ownNetwork = network === 'POD';
  const namespaces =
    CLONE_NEWNS |
    (pid === 'NODE' ? 0 : CLONE_NEWPID) |
    (ipc === 'POD' ? CLONE_NEWIPC : 0) |
    (ownNetwork ? CLONE_NEWNET | CLONE_NEWUTS : 0);
  return [
    ['close', CALLS_FD],
    ['unshare', namespaces],
    ['split'],
    ['setsid'],
    ['mount', NONE, '/', NONE, MS_REC | MS_PRIVATE, NONE],
    ['mount', rootfs, rootfs, NONE, MS_BIND, NONE],
    ['mount', 'proc', `${rootfs}/proc`, 'proc', MS_NOSUID | MS_NODEV | MS_NOEXEC, NONE],
    ['mount', NONE, rootfs, NONE, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NONE],
    ['chdir', rootfs],
    ['pivot_root', '.', '.'],
    ['umount2', '.', MNT_DETACH],
    ['chdir', '/'],
    ...(ownNetwork ? LOOPBACK_UP : []),
    ...(ownNetwork && hostname !== '' ? [setHostname(hostname)] : []),
    ['setgroups', 0, NONE],
    ['prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0],
    ...Array.from(
      { length: lastCapability + 1 },
      (_, capability): SystemCall => ['prctl', PR_CAPBSET_DROP, capability],
    ),
    ['prctl', PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0],
    ['capset', CAPABILITY_HEADER, NO_CAPABILITIES],
    ['prctl', PR_SET_NAME, 'pause'],
    TELL_DONE,
    ['close', ANSWER_FD],
  ];
}

function setHostname(hostname: string): SystemCall {
  return ['sethostname', hostname, Buffer.byteLength(hostname)];
}
