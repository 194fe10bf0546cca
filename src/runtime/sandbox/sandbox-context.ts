import type { Clock } from '../../model/clock.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { OciRuntimes } from '../oci/oci-runtime.ts';
import type { RuntimePaths } from '../paths.ts';
import type { SandboxPool } from './pool/sandbox-pool.ts';
import type { SandboxRecords } from './sandbox-record.ts';

/** What the verbs of sandboxes need of the other rooms. */
export interface SandboxContext {
  paths: RuntimePaths;
  clock: Clock;
  oci: OciRuntimes;
  /** Whether systemd runs here, and makes the cgroups in its slices itself. */
  systemd: boolean;
  network: PodNetwork;
  records: SandboxRecords;
  /** What this process may ask for. */
  own: { oomScoreAdj: number; maySetAny: boolean };
  /** Below it each sandbox has a cgroup of its own whose caller names none. */
  cgroupParent: string;
  /** Below it each sandbox of the pool has its cgroup until it is a pod's. */
  poolCgroup: string;
  /** With all below it. */
  removeCgroup: (path: string) => Promise<void>;
  /** Takes away what stands above sandboxes, once none is left. */
  removeEmptyCgroups: () => Promise<void>;
  /** Moves a process into a cgroup, made when missing, that has the least share of the processor. */
  enterCgroup: (path: string, pid: number) => Promise<void>;
  pool: SandboxPool;
}
