import { invalid } from '../convert/invalid.ts';
import type { CriContext } from './cri-context.ts';

/** Images are the same for all handlers, so a known one changes nothing. @throws PeapodError Invalid for an unknown one */
export async function checkHandler(
  { runtime }: CriContext,
  handler: string | undefined,
  field: string,
): Promise<void> {
  if (handler === undefined || handler === '') return;
  const known = await runtime.runtimeHandlers();
  if (!known.some(({ name }) => name === handler))
    invalid(field, handler, 'there is no such runtime handler');
}
