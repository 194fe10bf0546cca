/** The volumes of pods: made before the first container, kept while the pod is there, whoever restarts. */
import type {
  ConfigMap,
  Container,
  EphemeralContainer,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Secret,
} from '../model/api/types.ts';
import type { Mount } from './pod-runtime.ts';

export interface PodVolumes {
  /**
   * Makes every volume of the pod that is not there yet and writes what configMap, secret, downwardAPI and projected volumes
   * hold. Idempotent: called again, it brings contents up to date by an atomic switch, as the kubelet does.
   * @throws PeapodError VolumeError, NoSpace; the message names the volume: `MountVolume.SetUp failed for volume "x" : …`
   */
  setUp(pod: Pod, sources: VolumeSources, options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * What one container mounts of them, subPaths resolved without following a symlink out of the volume.
   * Also `/etc/hosts`, `/dev/termination-log`'s and `/dev/shm`'s counterparts are the agent's and the runtime's matter, not this one's.
   * @param env for `subPathExpr`
   */
  mountsFor(
    pod: Pod,
    container: Container | EphemeralContainer,
    env: ReadonlyMap<string, string>,
  ): Promise<Mount[]>;
  /** Bytes that the pod's disk volumes hold, by volume name, for `sizeLimit` and `ephemeral-storage`. */
  usage(pod: Pod): Promise<Map<string, number>>;
  /** Unmounts and deletes all that `setUp` made; what a claim holds stays. Gone is fine. */
  tearDown(podUid: string): Promise<void>;
  /** The pods that have volumes here. */
  list(): Promise<string[]>;
}

/** Where the contents of volumes come from. `undefined`: there is no such object. */
export interface VolumeSources {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
  claim(name: string): Promise<PersistentVolumeClaim | undefined>;
  /** The volume that a claim is bound to. Nothing where nobody binds claims: each claim is a directory then. */
  readonly persistentVolume: ((name: string) => Promise<PersistentVolume | undefined>) | undefined;
  serviceAccountToken(request: { audience: string | undefined; expirationSeconds: number }): Promise<string>;
  /** The value of a `fieldRef` or `resourceFieldRef` of a downwardAPI item. */
  downwardValue(
    item: { fieldPath: string } | { containerName: string; resource: string; divisor: string },
  ): string;
}
