import type { ResourceCall } from './api.ts';
import { StatusError } from '../errors/status-error.ts';

export async function handlePatch(_call: ResourceCall): Promise<void> {
  throw new StatusError('UnsupportedMediaType', 'patches');
}
