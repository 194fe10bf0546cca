import type {
  Pod,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../../model/api/types.ts';
import type { VolumeSources } from '../../pod-volumes.ts';
import { badVolume } from '../volume-failure.ts';
import { configMapPayload } from './config-map.ts';
import { downwardApiPayload } from './downward-api.ts';
import { checkedPath, DEFAULT_MODE, type Payload } from './payload.ts';
import { podUser } from './pod-user.ts';
import { secretPayload } from './secret.ts';

const DEFAULT_TOKEN_SECONDS = 3600;
const TOKEN_MODE = 0o600;

/** All sources in one directory; of two that have the same path, the later counts. */
export async function projectedPayload(
  pod: Pod,
  { sources: projections = [], defaultMode: mode = DEFAULT_MODE }: ProjectedVolumeSource,
  sources: VolumeSources,
): Promise<Payload> {
  const payloads = await Promise.all(
    projections.map(async (projection) => await sourcePayload(pod, projection, mode, sources)),
  );
  return new Map(payloads.flatMap((payload) => [...payload]));
}

async function sourcePayload(
  pod: Pod,
  projection: VolumeProjection,
  mode: number,
  sources: VolumeSources,
): Promise<Payload> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = projection;
  if (configMap !== undefined) return configMapPayload(configMap, mode, sources);
  if (secret !== undefined) return secretPayload(secret, mode, sources);
  if (downwardAPI !== undefined) return downwardApiPayload(downwardAPI.items ?? [], mode, sources);
  if (serviceAccountToken !== undefined) return tokenPayload(pod, serviceAccountToken, mode, sources);
  throw badVolume(`projected sources of type ${Object.keys(projection).join(', ')} are not supported`);
}

/** Only its user may read a token, where it is known who that is. */
async function tokenPayload(
  pod: Pod,
  { audience, expirationSeconds = DEFAULT_TOKEN_SECONDS, path }: ServiceAccountTokenProjection,
  mode: number,
  sources: VolumeSources,
): Promise<Payload> {
  const token = await sources.serviceAccountToken({ audience, expirationSeconds });
  const uid = podUser(pod);
  const known = uid !== undefined || pod.spec?.securityContext?.fsGroup !== undefined;
  const file = { data: Buffer.from(token), mode: known ? TOKEN_MODE : mode };
  return new Map([[checkedPath(path), uid === undefined ? file : { ...file, uid }]]);
}
