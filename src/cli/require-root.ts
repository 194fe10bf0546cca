import { PeapodError } from '../model/errors.ts';

/** @throws PeapodError Forbidden when this process is not root's */
export function requireRoot(what: string): void {
  if (process.geteuid?.() !== 0) {
    throw new PeapodError(
      'Forbidden',
      `cannot ${what}: peapod needs root for namespaces, mounts and cgroups`,
      { hint: 'run it with sudo' },
    );
  }
}
