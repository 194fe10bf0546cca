import { humanSize } from '../../output/human-size.ts';
import { type Check, fail, type Finding, ok, warn } from '../check.ts';
import { TMPFS_MAGIC } from '../doctor-host.ts';

const SCARCE_BYTES = 1024 ** 3;
const TOO_FEW_BYTES = 64 * 1024 ** 2;
const SCARCE_INODES = 0.05;

const overlay: Check = {
  name: 'overlayfs',
  async examine(host) {
    const known = (await host.read('/proc/filesystems')) ?? '';
    if (/\boverlay$/m.test(known)) return ok('there');
    const finding: Finding = fail(
      'not in the kernel, or not loaded: images cannot be mounted',
      'modprobe overlay',
    );
    return { ...finding, fix: [['modprobe', 'overlay']] };
  },
};

const space: Check = {
  name: 'disk',
  async examine(host) {
    const { freeBytes, freeInodes, inodes } = await host.fileSystem(host.places.root);
    const where = `${humanSize(freeBytes)} free for ${host.places.root}`;
    const mend = `rm unused images with 'peapod rmi', or move with --root`;
    if (freeBytes < TOO_FEW_BYTES) return fail(where, mend);
    if (freeBytes < SCARCE_BYTES) return warn(where, mend);
    if (inodes > 0 && freeInodes === 0) return fail(`${where}, but no inode`, mend);
    if (inodes > 0 && freeInodes / inodes < SCARCE_INODES) {
      return warn(`${where}, but few inodes: ${freeInodes}`, mend);
    }
    return ok(where);
  },
};

const run: Check = {
  name: 'run directory',
  async examine(host) {
    const { type } = await host.fileSystem(host.places.run);
    if (type === TMPFS_MAGIC) return ok(`${host.places.run} is on a tmpfs`);
    return warn(
      `${host.places.run} is not on a tmpfs: what lies there outlives a reboot that its processes do not`,
      `mount -t tmpfs -o mode=755 tmpfs ${host.places.run} (while no pod runs)`,
    );
  },
};

export const FILE_CHECKS: readonly Check[] = [overlay, space, run];
