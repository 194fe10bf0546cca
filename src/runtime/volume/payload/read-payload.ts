import type { Pod, Volume } from '../../../model/api/types.ts';
import type { VolumeSources } from '../../pod-volumes.ts';
import { configMapPayload } from './config-map.ts';
import { downwardApiPayload } from './downward-api.ts';
import { checkedPayload, DEFAULT_MODE, type Payload } from './payload.ts';
import { projectedPayload } from './projected.ts';
import { secretPayload } from './secret.ts';

/**
 * What the files of a configMap, secret, downwardAPI or projected volume hold now.
 * @throws PeapodError VolumeError for what is missing and not optional, and for paths that leave the volume
 */
export async function readPayload(pod: Pod, volume: Volume, sources: VolumeSources): Promise<Payload> {
  return checkedPayload(await sourcePayload(pod, volume, sources));
}

async function sourcePayload(
  pod: Pod,
  { configMap, secret, downwardAPI, projected }: Volume,
  sources: VolumeSources,
): Promise<Payload> {
  if (configMap !== undefined)
    return configMapPayload(configMap, configMap.defaultMode ?? DEFAULT_MODE, sources);
  if (secret !== undefined) {
    const { secretName: name = '', ...reference } = secret;
    return secretPayload({ ...reference, name }, secret.defaultMode ?? DEFAULT_MODE, sources);
  }
  if (downwardAPI !== undefined)
    return downwardApiPayload(downwardAPI.items ?? [], downwardAPI.defaultMode ?? DEFAULT_MODE, sources);
  return projectedPayload(pod, projected ?? {}, sources);
}
