import { PeapodError } from '../../model/errors.ts';
import type { ImageConfig } from '../pod-runtime.ts';
import { type Digest, readDigest } from './digest.ts';
import {
  asArray,
  asObject,
  type JsonObject,
  readJsonObject,
  textOr,
  textRecord,
  texts,
} from './read-json.ts';

export interface ReadImageConfig {
  config: ImageConfig;
  /** From the lowest layer to the topmost, of the unpacked tar streams. */
  diffIds: Digest[];
}

/**
 * Reads an image's configuration for what it is: defaults of a process, never orders to this host. An `Env` entry without
 * `=` is dropped rather than looked up in our own environment; labels, volumes and the user are kept as data.
 * @throws PeapodError ImageCorrupt; Unsupported when it is the configuration of something else than a container image
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 */
export function readImageConfig(bytes: Uint8Array): ReadImageConfig {
  const image = readJsonObject(bytes, 'image configuration');
  const { rootfs } = image;
  if (rootfs === undefined) {
    throw new PeapodError('Unsupported', 'it is no container image: its configuration names no layers');
  }
  const diffIds = asArray(asObject(rootfs, 'rootfs')['diff_ids'] ?? [], 'rootfs.diff_ids').map((id, index) =>
    readDigest(id, `rootfs.diff_ids[${index}]`),
  );
  const config = typeof image['config'] === 'object' && image['config'] !== null ? image['config'] : {};
  return { config: readProcessDefaults(image, config as JsonObject), diffIds };
}

function readProcessDefaults(image: JsonObject, config: JsonObject): ImageConfig {
  return {
    user: textOr(config['User']),
    env: texts(config['Env']).filter((entry) => entry.indexOf('=') > 0 && !entry.includes('\0')),
    entrypoint: words(config['Entrypoint']),
    cmd: words(config['Cmd']),
    workingDir: textOr(config['WorkingDir']),
    labels: textRecord(config['Labels']),
    stopSignal: textOr(config['StopSignal']),
    volumes: Object.keys(asObject(config['Volumes'] ?? {}, 'config.Volumes')),
    architecture: textOr(image['architecture']),
    os: textOr(image['os'], 'linux'),
    created: textOr(image['created']),
  };
}

/** Old images may have one text where a list belongs: one word. */
function words(value: unknown): string[] {
  return typeof value === 'string' ? [value] : texts(value);
}
