import { PeapodError } from '../../../model/errors.ts';
import { permittedOomScore } from '../../container/spec/oom-score.ts';
import type { PodSandboxConfig } from '../../pod-runtime.ts';

/** Last to be killed for want of memory, as the kubelet's `PodInfraOOMAdj`. */
export const OOM_SCORE_ADJ = -998;
const CPU_SHARES = 2;

/** In the root of all infra containers the root of a user namespace could make no devices. */
const OWN_DEV = {
  destination: '/dev',
  type: 'tmpfs',
  source: 'tmpfs',
  options: ['nosuid', 'noexec', 'mode=755', 'size=64k'],
};

export interface InfraSpecOptions {
  id: string;
  ociVersion: string;
  rootfs: string;
  cgroupsPath: string;
  /** What this process may ask for. */
  own: { oomScoreAdj: number; maySetAny: boolean };
}

/** The OCI specification of the infra container: `/pause`, without a capability, holding the pod's namespaces. */
export function infraSpec(config: PodSandboxConfig, options: InfraSpecOptions): Record<string, unknown> {
  const { namespaces, sysctls } = config.linux;
  const ownNetwork = namespaces.network === 'POD';
  const userns = namespaces.userns;
  const types = [
    'mount',
    ...(namespaces.pid === 'NODE' ? [] : ['pid']),
    ...(namespaces.ipc === 'POD' ? ['ipc'] : []),
    // A pod on the node's network has the node's name too.
    ...(ownNetwork ? ['network', 'uts'] : []),
    ...(userns === undefined ? [] : ['user']),
  ];
  const idMap = (maps: { containerId: number; hostId: number; length: number }[]) =>
    maps.map(({ containerId, hostId, length }) => ({
      containerID: containerId,
      hostID: hostId,
      size: length,
    }));
  return {
    ociVersion: options.ociVersion,
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: ['/pause'],
      env: [],
      cwd: '/',
      capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
      noNewPrivileges: true,
      oomScoreAdj: permittedOomScore(OOM_SCORE_ADJ, options.own),
    },
    root: { path: options.rootfs, readonly: true },
    ...(ownNetwork ? { hostname: config.hostname } : {}),
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
      ...(userns === undefined ? [] : [OWN_DEV]),
    ],
    linux: {
      cgroupsPath: options.cgroupsPath,
      resources: { cpu: { shares: CPU_SHARES } },
      namespaces: types.map((type) => ({ type })),
      sysctl: checkedSysctls(sysctls, { ownNetwork, ownIpc: namespaces.ipc === 'POD' }),
      ...(userns === undefined ? {} : { uidMappings: idMap(userns.uids), gidMappings: idMap(userns.gids) }),
    },
  };
}

const IPC_SYSCTLS =
  /^(kernel\.(shmmax|shmall|shmmni|shm_rmid_forced|msgmax|msgmnb|msgmni|sem)|fs\.mqueue\.[a-z_]+)$/;

/** Only those that belong to a namespace of the pod: any other would change the node. */
function checkedSysctls(
  sysctls: Record<string, string>,
  own: { ownNetwork: boolean; ownIpc: boolean },
): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [key, value] of Object.entries(sysctls)) {
    const name = key.replaceAll('/', '.');
    const namespaced =
      (own.ownNetwork && /^net\.[a-z0-9_.-]+$/i.test(name)) || (own.ownIpc && IPC_SYSCTLS.test(name));
    if (!namespaced || /[\0\n]/.test(value)) {
      throw new PeapodError(
        'Invalid',
        `sysctl "${key}" is not allowed: it does not belong to a namespace of the pod`,
      );
    }
    checked[name] = value;
  }
  return checked;
}
