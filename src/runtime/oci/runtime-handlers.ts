import { access } from 'node:fs/promises';
import { release } from 'node:os';
import { PeapodError } from '../../model/errors.ts';
import { hasIdMappedLayers } from '../linux/id-mapped-mount.ts';
import type { RuntimeHandler } from '../pod-runtime.ts';
import type { OciRuntime, OciRuntimes } from './oci-runtime.ts';

/** What a pod may ask for by `runtimeHandler`. Both runtimes can the same: it is the kernel that decides. */
export async function runtimeHandlers({ usable }: Pick<OciRuntimes, 'usable'>): Promise<RuntimeHandler[]> {
  const features = { recursiveReadOnlyMounts: hasMountSetattr(), userNamespaces: await hasUserNamespaces() };
  return ['', ...usable.map(({ name }) => name)].map((name) => ({ name, ...features }));
}

/** @throws PeapodError Invalid when there is no such handler on this host */
export function ociRuntimeFor(runtimes: OciRuntimes, handler: string): OciRuntime {
  if (handler === '') return runtimes.preferred;
  const found = runtimes.usable.find(({ name }) => name === handler);
  if (found !== undefined) return found;
  const known = runtimes.usable.map(({ name }) => `"${name}"`).join(', ');
  throw new PeapodError(
    'Invalid',
    `no runtime for "${handler}" is configured: runtime handlers are ${known}`,
  );
}

/** @see mount_setattr(2): since Linux 5.12 */
function hasMountSetattr(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 12);
}

async function hasUserNamespaces(): Promise<boolean> {
  if (!hasIdMappedLayers()) return false;
  return await access('/proc/self/ns/user').then(
    () => true,
    () => false,
  );
}
