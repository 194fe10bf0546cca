import { join } from 'node:path';
import type { HostDirectories } from '../../controllers/volumes/host-directories.ts';
import { PeapodError } from '../../model/errors.ts';
import { runtimePaths } from '../../runtime/paths.ts';
import { removeTree } from '../../runtime/volume/remove-tree.ts';
import type { Settings } from '../settings.ts';

/** The directories of volumes that this node provides. */
export function hostDirectories({ root, nodeName }: Settings): HostDirectories {
  const pathOf = (volumeName: string): string => {
    if (!/^pvc-[0-9a-f-]+$/.test(volumeName))
      throw new PeapodError('Invalid', `${volumeName} is no volume of this node`);
    return join(runtimePaths(root).claims, volumeName);
  };
  return { nodeName, pathOf, remove: (volumeName) => removeTree(pathOf(volumeName)) };
}
