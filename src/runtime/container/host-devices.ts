import { readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import type { Device } from '../pod-runtime.ts';
import type { DeviceNode } from './spec/devices.ts';

/** Of /dev, what the container has by itself or what is no device. */
const OWN_OF_DEV = new Set([
  'pts',
  'shm',
  'fd',
  'mqueue',
  'console',
  'null',
  'zero',
  'full',
  'random',
  'urandom',
  'tty',
  'ptmx',
]);

/**
 * The device nodes that a manifest asks for; a directory stands for all devices below it.
 * @throws PeapodError CreateContainerError when there is none
 */
export async function requestedDevices(devices: readonly Device[]): Promise<DeviceNode[]> {
  const nodes: DeviceNode[] = [];
  for (const { hostPath, containerPath, permissions } of devices) {
    const found = await devicesAt(hostPath, containerPath || hostPath, permissions || 'rwm');
    if (found.length === 0) {
      throw new PeapodError(
        'CreateContainerError',
        `cannot give device "${hostPath}": there is no such device`,
      );
    }
    nodes.push(...found);
  }
  return nodes;
}

/** All devices of the node, for a privileged container. */
export async function allHostDevices(): Promise<DeviceNode[]> {
  const nodes: DeviceNode[] = [];
  for (const name of await readdir('/dev')) {
    if (!OWN_OF_DEV.has(name))
      nodes.push(...(await devicesAt(join('/dev', name), join('/dev', name), 'rwm')));
  }
  return nodes;
}

async function devicesAt(
  hostPath: string,
  containerPath: string,
  permissions: string,
): Promise<DeviceNode[]> {
  const found = await stat(hostPath).catch(() => undefined);
  if (!found) return [];
  if (found.isDirectory()) {
    const nodes: DeviceNode[] = [];
    for (const entry of await readdir(hostPath, { withFileTypes: true })) {
      if (entry.isSymbolicLink()) continue;
      nodes.push(
        ...(await devicesAt(join(hostPath, entry.name), posix.join(containerPath, entry.name), permissions)),
      );
    }
    return nodes;
  }
  if (!found.isCharacterDevice() && !found.isBlockDevice()) return [];
  return [
    {
      containerPath: posix.normalize(containerPath),
      type: found.isBlockDevice() ? 'b' : 'c',
      major: majorOf(found.rdev),
      minor: minorOf(found.rdev),
      fileMode: found.mode,
      uid: found.uid,
      gid: found.gid,
      permissions,
    },
  ];
}

/** As `makedev(3)` packs them. */
function majorOf(rdev: number): number {
  const device = BigInt(rdev);
  return Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn & 0xffffffffn));
}

function minorOf(rdev: number): number {
  const device = BigInt(rdev);
  return Number((device & 0xffn) | ((device >> 12n) & ~0xffn & 0xffffffffn));
}
