import { PeapodError } from '../../model/errors.ts';
import { startTrace } from '../../runtime/linux/trace.ts';

/**
 * Records a trace until disposed; without a file, none.
 * @throws PeapodError Invalid when the file cannot be written
 */
export function traceTo(file: string | undefined): Disposable | undefined {
  if (file === undefined || file === '') return undefined;
  try {
    return startTrace(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PeapodError('Invalid', `cannot write trace "${file}": ${why}`, { cause });
  }
}
