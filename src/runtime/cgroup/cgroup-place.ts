import { posix } from 'node:path';
import { PeapodError } from '../../model/errors.ts';

/** Where a container's cgroup is, and how an OCI runtime is told so. */
export interface CgroupPlace {
  /** Below each controller's root. */
  readonly path: string;
  readonly cgroupsPath: string;
  /** For before the runtime's verb. */
  readonly args: readonly string[];
}

const SLICE = '.slice';
const SCOPE_PREFIX = 'peapod';

/**
 * @param parent a path, or the name of one of systemd's slices, in which case a scope is made in it: by systemd itself where it runs
 * @see systemd.slice(5): dashes are levels, `a-b.slice` lies in `a.slice`
 */
export function cgroupPlace(parent: string, id: string, systemd: boolean): CgroupPlace {
  const within = parentPath(parent);
  if (!within.endsWith(SLICE)) {
    const path = `${within}/${id}`;
    return { path, cgroupsPath: path, args: [] };
  }
  const path = `${within}/${SCOPE_PREFIX}-${id}.scope`;
  if (!systemd) return { path, cgroupsPath: path, args: [] };
  return {
    path,
    cgroupsPath: `${posix.basename(within)}:${SCOPE_PREFIX}:${id}`,
    args: ['--systemd-cgroup'],
  };
}

/** The path, by what an OCI runtime was told. @throws PeapodError Invalid */
export function pathOfCgroup(cgroupsPath: string): string {
  const [slice = '', prefix, name] = cgroupsPath.split(':');
  return name === undefined ? parentPath(slice) : `${parentPath(slice)}/${prefix}-${name}.scope`;
}

/**
 * @returns the path, with a slice's levels written out: `a-b.slice` and `/a.slice/a-b.slice` are both `/a.slice/a-b.slice`
 * @throws PeapodError Invalid
 */
export function parentPath(parent: string): string {
  if (parent.split('/').includes('..') || /[\0\n:]/.test(parent))
    throw new PeapodError('Invalid', `linux.cgroup_parent: Invalid value: "${parent}"`);
  const path = posix.normalize(posix.join('/', parent)).replace(/(.)\/$/, '$1');
  return path.endsWith(SLICE) ? slicePath(posix.basename(path)) : path;
}

function slicePath(name: string): string {
  const parts = name.slice(0, -SLICE.length).split('-');
  if (name === `-${SLICE}`) return '/';
  if (parts.includes(''))
    throw new PeapodError('Invalid', `linux.cgroup_parent: Invalid value: "${name}": not a slice's name`);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('-')}${SLICE}`).join('');
}
