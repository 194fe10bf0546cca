import type { Pod, Volume } from '../../model/api/types.ts';
import type { VolumeSources } from '../pod-volumes.ts';
import type { RuntimePaths } from '../paths.ts';
import type { PodVolumePaths } from './volume-paths.ts';

/** What making one volume of a pod needs. */
export interface VolumeContext {
  paths: RuntimePaths;
  podPaths: PodVolumePaths;
  pod: Pod;
  volume: Volume;
  sources: VolumeSources;
  /** Milliseconds since the epoch. */
  now: number;
  signal: AbortSignal | undefined;
}

/** Where the volume's content is, once it has been made. */
export interface MadeVolume {
  /** The directory, or for a hostPath what it is, that containers mount. */
  hostPath: string;
  /** Containers never write to it. */
  readonly: boolean;
  /** It is a mount of its own, which a reboot takes away. */
  mounted: boolean;
}
