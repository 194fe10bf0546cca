import type { ConfigMap } from '../../../model/api/types.ts';
import type { VolumeSources } from '../../pod-volumes.ts';
import { badVolume } from '../volume-failure.ts';
import { type KeysReference, keysPayload, type Payload } from './payload.ts';

export async function configMapPayload(
  reference: KeysReference & { name?: string },
  mode: number,
  sources: Pick<VolumeSources, 'configMap'>,
): Promise<Payload> {
  const { name = '', optional } = reference;
  const object = await sources.configMap(name);
  if (object === undefined && optional !== true) throw badVolume(`configmap "${name}" not found`);
  return keysPayload(reference, dataOf(object), mode, 'configmap references non-existent config key');
}

function dataOf({ data = {}, binaryData = {} }: ConfigMap = {}): Map<string, Buffer> {
  return new Map([
    ...Object.entries(data).map(([key, value]) => [key, Buffer.from(value)] as const),
    ...Object.entries(binaryData).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const),
  ]);
}
