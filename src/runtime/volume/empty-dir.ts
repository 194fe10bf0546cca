import { podLimits } from '../../model/pod-requests.ts';
import { parseQuantity, type Quantity, wholeValue } from '../../model/quantity.ts';
import { mount, MountFlag } from '../linux/mount.ts';
import { hugePageSizeBytes } from './huge-pages.ts';
import { isMountPoint } from './mount-points.ts';
import type { MadeVolume, VolumeContext } from './volume-context.ts';
import { badVolume } from './volume-failure.ts';
import { emptyDirPath } from './volume-paths.ts';
import { chmod, mkdir } from '../linux/files.ts';

/** An empty directory that anybody may write to: on disk, in memory, or of huge pages. */
export async function makeEmptyDir(context: VolumeContext): Promise<MadeVolume> {
  const { volume, podPaths } = context;
  const mounted = (volume.emptyDir?.medium ?? '') !== '';
  const path = emptyDirPath(podPaths, volume);
  const fileSystem = mounted ? fileSystemOf(context) : undefined;
  await mkdir(path, { recursive: true, mode: 0o755 });
  if (fileSystem !== undefined && !(await isMountPoint(path))) {
    mount({
      ...fileSystem,
      source: fileSystem.type,
      target: path,
      flags: MountFlag.NOSUID | MountFlag.NODEV,
    });
  }
  await chmod(path, 0o777);
  return { hostPath: path, readonly: false, mounted };
}

function fileSystemOf({ pod, volume }: VolumeContext): { type: string; data: string } {
  const { medium = '', sizeLimit } = volume.emptyDir ?? {};
  const limit = sizeLimit === undefined ? undefined : parseQuantity(sizeLimit);
  if (medium === 'Memory') {
    return { type: 'tmpfs', data: `mode=0777${sizeOption(limit, podLimits(pod).get('memory'))}` };
  }
  if (!/^HugePages(-|$)/.test(medium)) throw badVolume(`unknown storage medium "${medium}"`);
  return {
    type: 'hugetlbfs',
    data: `mode=0777,pagesize=${hugePageSizeBytes(medium, pod)}${sizeOption(limit)}`,
  };
}

/** The smaller of the volume's limit and the pod's: more could not be used anyway. */
function sizeOption(...limits: (Quantity | undefined)[]): string {
  const bytes = limits.filter((limit) => limit !== undefined).map(wholeValue);
  const positive = bytes.filter((limit) => limit > 0n);
  if (positive.length === 0) return '';
  return `,size=${positive.reduce((a, b) => (a < b ? a : b))}`;
}
