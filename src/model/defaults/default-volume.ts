import type { DownwardAPIVolumeFile, Volume } from '../api/types.ts';
import { defaultImagePullPolicy } from './default-image-pull-policy.ts';

const DEFAULT_MODE = 0o644;
const HOUR_SECONDS = 3600;

/** Fills in, in place, what the API server would. A volume without a source is an emptyDir. */
export function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  if (volume.secret) volume.secret.defaultMode ??= DEFAULT_MODE;
  if (volume.configMap) volume.configMap.defaultMode ??= DEFAULT_MODE;
  if (volume.hostPath) volume.hostPath.type ??= '';
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= DEFAULT_MODE;
    defaultDownwardItems(volume.downwardAPI.items);
  }
  if (volume.projected) {
    volume.projected.defaultMode ??= DEFAULT_MODE;
    for (const source of volume.projected.sources ?? []) {
      defaultDownwardItems(source.downwardAPI?.items);
      if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= HOUR_SECONDS;
    }
  }
  if (volume.image) volume.image.pullPolicy ??= defaultImagePullPolicy(volume.image.reference ?? '');
  const template = volume.ephemeral?.volumeClaimTemplate;
  if (template) template.spec.volumeMode ??= 'Filesystem';
}

function defaultDownwardItems(items: readonly DownwardAPIVolumeFile[] | undefined): void {
  for (const item of items ?? []) {
    if (item.fieldRef) item.fieldRef.apiVersion ??= 'v1';
  }
}
