import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { podLimits } from '../../model/pod-requests.ts';
import { parseQuantity, type Quantity, wholeValue } from '../../model/quantity.ts';
import { mount, MountFlag } from '../linux/mount.ts';
import { isMountPoint } from './mount-points.ts';
import type { MadeVolume, VolumeContext } from './volume-context.ts';
import { badVolume } from './volume-failure.ts';
import { checkedName } from './volume-paths.ts';

/** An empty directory that anybody may write to: on disk, in memory, or of huge pages. */
export async function makeEmptyDir({ pod, volume, podPaths }: VolumeContext): Promise<MadeVolume> {
  const { medium = '', sizeLimit } = volume.emptyDir ?? {};
  const inMemory = medium !== '';
  const path = join(
    inMemory ? podPaths.volatile : podPaths.persistent,
    'empty-dir',
    checkedName(volume.name),
  );
  await mkdir(path, { recursive: true, mode: 0o755 });
  if (medium === 'Memory' && !(await isMountPoint(path))) {
    const size = memorySize(
      sizeLimit === undefined ? undefined : parseQuantity(sizeLimit),
      podLimits(pod).get('memory'),
    );
    mount({
      source: 'tmpfs',
      target: path,
      type: 'tmpfs',
      flags: MountFlag.NOSUID | MountFlag.NODEV,
      data: `mode=0777${size}`,
    });
  } else if (medium.startsWith('HugePages') && !(await isMountPoint(path))) {
    mount({
      source: 'nodev',
      target: path,
      type: 'hugetlbfs',
      data: `mode=0777,pagesize=${pageSize(medium)}`,
    });
  }
  await chmod(path, 0o777);
  return { hostPath: path, readonly: false, ownedByGroup: true };
}

/** The smaller of the volume's limit and the pod's: more could not be used anyway. */
function memorySize(...limits: (Quantity | undefined)[]): string {
  const bytes = limits.filter((limit) => limit !== undefined).map(wholeValue);
  const positive = bytes.filter((limit) => limit > 0n);
  if (positive.length === 0) return '';
  return `,size=${positive.reduce((a, b) => (a < b ? a : b))}`;
}

function pageSize(medium: string): string {
  const [, size] = /^HugePages-(\d+[KMG])i$/.exec(medium) ?? [];
  if (medium === 'HugePages') return '2M';
  if (size === undefined) throw badVolume(`unknown medium "${medium}"`);
  return size;
}
