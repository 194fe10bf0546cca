import { readFile } from 'node:fs/promises';
import { PeapodError } from '../../model/errors.ts';
import type { SecurityProfile } from '../pod-runtime.ts';

/**
 * Demands that a profile that the manifest names can confine the container: without AppArmor in the kernel it would be ignored.
 * @throws PeapodError CreateContainerConfigError
 */
export async function checkAppArmor(profile: SecurityProfile | undefined): Promise<void> {
  if (profile?.type !== 'Localhost') return;
  const name = profile.localhostRef ?? '';
  const enabled = await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => 'N');
  if (enabled.trim() !== 'Y') {
    throw new PeapodError(
      'CreateContainerConfigError',
      `cannot use AppArmor profile "${name}": AppArmor is not enabled on the host`,
    );
  }
  const loaded = await readFile('/sys/kernel/security/apparmor/profiles', 'utf8').catch(() => undefined);
  if (loaded !== undefined && !loaded.split('\n').some((line) => line.startsWith(`${name} (`))) {
    throw new PeapodError(
      'CreateContainerConfigError',
      `cannot use AppArmor profile "${name}": the kernel has not loaded it`,
    );
  }
}
