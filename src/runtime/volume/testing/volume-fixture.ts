import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import type {
  ConfigMap,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
  Secret,
  Volume,
  VolumeMount,
} from '../../../model/api/types.ts';
import { readMounts } from '../../linux/proc.ts';
import { runtimePaths } from '../../paths.ts';
import type { Mount } from '../../pod-runtime.ts';
import type { PodVolumes, VolumeSources } from '../../pod-volumes.ts';
import { detach, mountPointsBelow } from '../mount-points.ts';
import { openPodVolumes } from '../open-pod-volumes.ts';

/** Volumes in a folder of the test's own, and the objects that they refer to; all gone afterwards. */
export class VolumeFixture {
  folder = '';
  configMaps: Record<string, ConfigMap> = {};
  secrets: Record<string, Secret> = {};
  claims: Record<string, PersistentVolumeClaim> = {};
  #volumes: PodVolumes | undefined;

  readonly sources: VolumeSources = {
    configMap: async (name) => this.configMaps[name],
    secret: async (name) => this.secrets[name],
    persistentVolume: undefined,
    claim: async (name) => this.claims[name],
    serviceAccountToken: async ({ audience }) => `token for ${audience}`,
    downwardValue: (item) =>
      'fieldPath' in item ? `field ${item.fieldPath}` : `${item.resource} of ${item.containerName}`,
  };

  constructor() {
    beforeEach(() => {
      this.folder = mkdtempSync(join(tmpdir(), 'peapod-volume-'));
      this.configMaps = {};
      this.secrets = {};
      this.claims = { data: { metadata: { name: 'data' } } };
      this.#volumes = this.anotherProcess();
    });
    afterEach(async () => {
      await this.volumes.tearDown('u1');
      for (const point of await mountPointsBelow(this.folder)) detach(point);
      rmSync(this.folder, { recursive: true });
    });
  }

  get volumes(): PodVolumes {
    return this.#volumes ?? this.anotherProcess();
  }

  /** The same state, seen by somebody who remembers nothing. */
  anotherProcess(): PodVolumes {
    const paths = runtimePaths(join(this.folder, 'root'), join(this.folder, 'run'));
    return openPodVolumes(paths, { now: () => Date.UTC(2026, 0, 1) });
  }

  async setUp(pod: Pod): Promise<void> {
    await this.volumes.setUp(pod, this.sources);
  }

  /** As if the pod had never been: a volume that has been made is left alone otherwise. */
  async setUpAnew(pod: Pod): Promise<void> {
    await this.volumes.tearDown('u1');
    await this.setUp(pod);
  }

  /** What the first container mounts first. */
  async mountOf(pod: Pod, env: Record<string, string> = {}): Promise<Mount & { path: string }> {
    const [container] = pod.spec?.containers ?? [];
    if (container === undefined) throw new Error('the pod has no container');
    const [mount] = await this.volumes.mountsFor(pod, container, new Map(Object.entries(env)));
    if (mount === undefined) throw new Error('the container mounts nothing');
    return { ...mount, path: 'hostPath' in mount.source ? mount.source.hostPath : '' };
  }

  async setUpAndMount(pod: Pod, env: Record<string, string> = {}): Promise<Mount & { path: string }> {
    await this.setUp(pod);
    return await this.mountOf(pod, env);
  }
}

/** A pod `u1` with one volume `v`, which its one container `c` mounts. */
export function podWith(
  volume: Omit<Volume, 'name'>,
  mount: Partial<VolumeMount> = {},
  spec: Partial<PodSpec> = {},
): Pod {
  const container = { name: 'c', volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }] };
  return {
    metadata: { name: 'p', namespace: 'default', uid: 'u1' },
    spec: { containers: [container], volumes: [{ name: 'v', ...volume }], ...spec },
  };
}

/** The error with which `setUp` fails. */
export function failure(message: string): { code: string; message: string } {
  return { code: 'VolumeError', message: `MountVolume.SetUp failed for volume "v" : ${message}` };
}

export async function mountTypeAt(path: string): Promise<string | undefined> {
  return (await readMounts()).find(({ mountPoint }) => mountPoint === path)?.type;
}
