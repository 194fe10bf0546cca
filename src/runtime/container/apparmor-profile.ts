import { readFile } from 'node:fs/promises';
import { PeapodError } from '../../model/errors.ts';
import type { SecurityProfile } from '../pod-runtime.ts';

const ENABLED = '/sys/module/apparmor/parameters/enabled';
const LOADED = '/sys/kernel/security/apparmor/profiles';
/** The profiles that container runtimes load as their default; we bring none of our own. */
const DEFAULTS = ['crio-default', 'cri-containerd.apparmor.d', 'docker-default'];

/**
 * The profile that shall confine the container, by the kernel's name for it; nothing where none was asked for.
 * @throws PeapodError CreateContainerConfigError where it could not: unconfined without a word would be worse
 */
export async function appArmorProfile(
  profile: SecurityProfile | undefined,
  read: (path: string) => Promise<string> = (path) => readFile(path, 'utf8'),
): Promise<string | undefined> {
  if (profile === undefined || profile.type === 'Unconfined') return undefined;
  const wanted = profile.type === 'Localhost' ? `"${profile.localhostRef ?? ''}"` : 'RuntimeDefault';
  const enabled = await read(ENABLED).catch(() => 'N');
  if (enabled.trim() !== 'Y') throw cannotUse(wanted, 'AppArmor is not enabled on the host');
  const loaded = await read(LOADED).then(profileNames, () => undefined);
  if (profile.type === 'Localhost') {
    const name = profile.localhostRef ?? '';
    if (loaded !== undefined && !loaded.has(name)) throw cannotUse(wanted, 'the kernel has not loaded it');
    return name;
  }
  const name = DEFAULTS.find((each) => loaded?.has(each) === true);
  if (name !== undefined) return name;
  throw cannotUse(wanted, 'the kernel has loaded no profile for containers', {
    hint: `load one of ${DEFAULTS.join(', ')} with apparmor_parser, or name a profile of your own with type Localhost`,
  });
}

/** @param table lines of `NAME (MODE)` */
function profileNames(table: string): Set<string> {
  return new Set(table.split('\n').map((line) => line.replace(/ \(\w+\)$/, '')));
}

function cannotUse(profile: string, why: string, options: { hint?: string } = {}): PeapodError {
  return new PeapodError(
    'CreateContainerConfigError',
    `cannot use AppArmor profile ${profile}: ${why}`,
    options,
  );
}
