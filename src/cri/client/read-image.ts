import type { ImageConfig, ImageStatus } from '../../runtime/pod-runtime.ts';
import type { Image } from '../api/runtime_pb.ts';

/** @param info what the runtime tells besides, where it does: containerd and CRI-O add the image's own configuration */
export function readImage(
  image: Image,
  info: Readonly<Record<string, string>>,
  storedAt: number,
): ImageStatus {
  const config = configIn(info['info']);
  return {
    id: image.id,
    repoTags: image.repoTags,
    repoDigests: image.repoDigests,
    sizeBytes: Number(image.size),
    storedAt,
    config: config ?? { ...EMPTY, user: image.uid === undefined ? image.username : String(image.uid.value) },
    pinned: image.pinned,
  };
}

const EMPTY: ImageConfig = {
  user: '',
  env: [],
  entrypoint: [],
  cmd: [],
  workingDir: '',
  labels: {},
  stopSignal: '',
  volumes: [],
  architecture: '',
  os: '',
  created: '',
};

/** The part of the OCI image configuration that is read; anything may be missing. */
interface ImageSpec {
  architecture?: string;
  os?: string;
  created?: string;
  config?: {
    User?: string;
    Env?: string[];
    Entrypoint?: string[];
    Cmd?: string[];
    WorkingDir?: string;
    Labels?: Record<string, string>;
    StopSignal?: string;
    Volumes?: Record<string, object>;
  };
}

function configIn(info: string | undefined): ImageConfig | undefined {
  if (info === undefined) return undefined;
  const { imageSpec } = JSON.parse(info) as { imageSpec?: ImageSpec };
  if (imageSpec === undefined) return undefined;
  const { config = {}, architecture = '', os = '', created = '' } = imageSpec;
  return {
    user: config.User ?? '',
    env: config.Env ?? [],
    entrypoint: config.Entrypoint ?? [],
    cmd: config.Cmd ?? [],
    workingDir: config.WorkingDir ?? '',
    labels: config.Labels ?? {},
    stopSignal: config.StopSignal ?? '',
    volumes: Object.keys(config.Volumes ?? {}),
    architecture,
    os,
    created,
  };
}
