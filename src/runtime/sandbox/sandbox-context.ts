import type { Clock } from '../../model/clock.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { OciRuntimes } from '../oci/oci-runtime.ts';
import type { RuntimePaths } from '../paths.ts';
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
  removeCgroup: (path: string) => Promise<void>;
}
