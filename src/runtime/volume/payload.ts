/** What the files of a configMap, secret, downwardAPI or projected volume hold. */
import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Secret,
  Volume,
  VolumeProjection,
} from '../../model/api/types.ts';
import type { VolumeSources } from '../pod-volumes.ts';
import { badVolume } from './volume-failure.ts';

export interface PayloadFile {
  data: Buffer;
  mode: number;
}

/** By path relative to the volume. */
export type Payload = Map<string, PayloadFile>;

const DEFAULT_MODE = 0o644;
const DEFAULT_TOKEN_SECONDS = 3600;

/** @throws PeapodError VolumeError for what is missing and not optional */
export async function readPayload(volume: Volume, sources: VolumeSources): Promise<Payload> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) return configMapPayload(configMap, configMap.defaultMode, sources);
  if (secret !== undefined)
    return secretPayload({ ...secret, name: secret.secretName ?? '' }, secret.defaultMode, sources);
  if (downwardAPI !== undefined)
    return downwardPayload(downwardAPI.items ?? [], downwardAPI.defaultMode, sources);
  const payload: Payload = new Map();
  for (const source of projected?.sources ?? []) {
    for (const [path, file] of await projectionPayload(source, projected?.defaultMode, sources))
      payload.set(path, file);
  }
  return payload;
}

async function projectionPayload(
  source: VolumeProjection,
  mode: number | undefined,
  sources: VolumeSources,
): Promise<Payload> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap !== undefined) return configMapPayload(configMap, mode, sources);
  if (secret !== undefined) return secretPayload(secret, mode, sources);
  if (downwardAPI !== undefined) return downwardPayload(downwardAPI.items ?? [], mode, sources);
  if (serviceAccountToken !== undefined) {
    const { audience, expirationSeconds = DEFAULT_TOKEN_SECONDS, path } = serviceAccountToken;
    const token = await sources.serviceAccountToken({ audience, expirationSeconds });
    return new Map([[checkedPath(path), { data: Buffer.from(token), mode: mode ?? DEFAULT_MODE }]]);
  }
  throw badVolume(`projected source ${Object.keys(source).join(', ')} is not supported`);
}

interface Reference {
  name?: string;
  items?: KeyToPath[];
  optional?: boolean;
}

async function configMapPayload(
  reference: Reference,
  mode: number | undefined,
  sources: VolumeSources,
): Promise<Payload> {
  const { name = '' } = reference;
  const object = await sources.configMap(name);
  if (object === undefined && reference.optional !== true) throw badVolume(`configmap "${name}" not found`);
  return keysPayload('configmap', reference, configMapData(object), mode);
}

async function secretPayload(
  reference: Reference,
  mode: number | undefined,
  sources: VolumeSources,
): Promise<Payload> {
  const { name = '' } = reference;
  const object = await sources.secret(name);
  if (object === undefined && reference.optional !== true) throw badVolume(`secret "${name}" not found`);
  return keysPayload('secret', reference, secretData(object), mode);
}

function configMapData(object: ConfigMap | undefined): Map<string, Buffer> {
  const text = Object.entries(object?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
  const binary = Object.entries(object?.binaryData ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, 'base64')] as const,
  );
  return new Map([...text, ...binary]);
}

function secretData(object: Secret | undefined): Map<string, Buffer> {
  return new Map(
    Object.entries(object?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]),
  );
}

function keysPayload(
  kind: string,
  { name, items, optional }: Reference,
  data: Map<string, Buffer>,
  mode = DEFAULT_MODE,
): Payload {
  if (items === undefined)
    return new Map([...data].map(([key, value]) => [checkedPath(key), { data: value, mode }]));
  const payload: Payload = new Map();
  for (const item of items) {
    const value = data.get(item.key);
    if (value === undefined) {
      if (optional === true) continue;
      throw badVolume(
        `${kind} references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${item.key} (of ${kind} "${name}")`,
      );
    }
    payload.set(checkedPath(item.path), { data: value, mode: item.mode ?? mode });
  }
  return payload;
}

function downwardPayload(
  items: readonly DownwardAPIVolumeFile[],
  mode = DEFAULT_MODE,
  sources: VolumeSources,
): Payload {
  const payload: Payload = new Map();
  for (const { path, fieldRef, resourceFieldRef, mode: own } of items) {
    const value =
      fieldRef === undefined
        ? sources.downwardValue({
            containerName: resourceFieldRef?.containerName ?? '',
            resource: resourceFieldRef?.resource ?? '',
            divisor: resourceFieldRef?.divisor ?? '0',
          })
        : sources.downwardValue({ fieldPath: fieldRef.fieldPath });
    payload.set(checkedPath(path), { data: Buffer.from(value), mode: own ?? mode });
  }
  return payload;
}

/** Below the volume, and nowhere else. @see kubernetes/pkg/volume/util/atomic_writer.go validatePath */
function checkedPath(path: string): string {
  const parts = path.split('/');
  const bad =
    path === '' ||
    path.startsWith('/') ||
    path.includes('\0') ||
    path.length > 4096 ||
    parts.includes('..') ||
    path.startsWith('..');
  if (bad || parts.some((part) => part === '' || part === '.' || Buffer.byteLength(part) > 255)) {
    throw badVolume(`invalid path ${JSON.stringify(path)}: must be relative and stay within the volume`);
  }
  return path;
}
