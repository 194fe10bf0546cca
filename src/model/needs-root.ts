import { PeapodError } from './errors.ts';

/** What is said wherever a user who is not root meets what is root's. @param what the user wanted: `run pods` */
export function needsRoot(what: string, cause?: unknown): PeapodError {
  return new PeapodError(
    'Forbidden',
    `cannot ${what}: peapod needs root for namespaces, mounts and cgroups`,
    {
      cause,
      hint: 'run it with sudo',
    },
  );
}
