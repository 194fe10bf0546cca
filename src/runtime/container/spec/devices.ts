import type { OciDevice, OciDeviceRule } from './oci-spec.ts';

/** A device node of the host, as `stat` tells. */
export interface DeviceNode {
  containerPath: string;
  type: 'c' | 'b';
  major: number;
  minor: number;
  fileMode: number;
  uid: number;
  gid: number;
  /** Of `r`, `w` and `m`. */
  permissions: string;
}

/** null, zero, full, random, urandom, tty, ptmx and all of devpts: what the OCI runtime puts into every `/dev`. */
const DEFAULT_DEVICES: readonly (readonly [number, number | undefined])[] = [
  [1, 3],
  [1, 5],
  [1, 7],
  [1, 8],
  [1, 9],
  [5, 0],
  [5, 2],
  [136, undefined],
];

/** Nodes to make in the container's `/dev`. */
export function ociDevices(nodes: readonly DeviceNode[]): OciDevice[] {
  return nodes.map(({ containerPath, type, major, minor, fileMode, uid, gid }) => ({
    type,
    path: containerPath,
    major,
    minor,
    fileMode: fileMode & 0o777,
    uid,
    gid,
  }));
}

/** Nothing but the usual devices and those asked for; making a node is not using it, so `mknod` is free. All for a privileged container. */
export function deviceRules(nodes: readonly DeviceNode[], privileged: boolean): OciDeviceRule[] {
  if (privileged) return [{ allow: true, access: 'rwm' }];
  return [
    { allow: false, access: 'rwm' },
    { allow: true, type: 'c', access: 'm' },
    { allow: true, type: 'b', access: 'm' },
    ...DEFAULT_DEVICES.map(([major, minor]) => ({
      allow: true,
      type: 'c' as const,
      major,
      ...(minor === undefined ? {} : { minor }),
      access: 'rwm',
    })),
    ...nodes.map(({ type, major, minor, permissions }) => ({
      allow: true,
      type,
      major,
      minor,
      access: permissions,
    })),
  ];
}
