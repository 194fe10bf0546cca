import { PeapodError } from '../../model/errors.ts';

/** There is a pod of this name. */
export function nameTaken(name: string | undefined): PeapodError {
  return new PeapodError('AlreadyExists', `pods "${name}" already exists`, {
    hint: `peapod rm -f ${name}, or peapod run --replace`,
  });
}
