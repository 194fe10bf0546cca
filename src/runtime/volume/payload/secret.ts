import type { VolumeSources } from '../../pod-volumes.ts';
import { badVolume } from '../volume-failure.ts';
import { type KeysReference, keysPayload, type Payload } from './payload.ts';

export async function secretPayload(
  reference: KeysReference & { name?: string },
  mode: number,
  sources: Pick<VolumeSources, 'secret'>,
): Promise<Payload> {
  const { name = '', optional } = reference;
  const object = await sources.secret(name);
  if (object === undefined && optional !== true) throw badVolume(`secret "${name}" not found`);
  const data = new Map(
    Object.entries(object?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]),
  );
  return keysPayload(reference, data, mode, 'references non-existent secret key');
}
