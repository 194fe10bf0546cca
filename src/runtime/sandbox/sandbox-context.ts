import type { Clock } from '../../model/clock.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { OciRuntime } from '../oci/oci-runtime.ts';
import type { RuntimePaths } from '../paths.ts';
import type { SandboxRecords } from './sandbox-record.ts';

/** What the verbs of sandboxes need of the other rooms. */
export interface SandboxContext {
  paths: RuntimePaths;
  clock: Clock;
  oci: OciRuntime;
  network: PodNetwork;
  records: SandboxRecords;
  /** What this process may ask for. */
  own: { oomScoreAdj: number; maySetAny: boolean };
  removeCgroup: (path: string) => Promise<void>;
}
