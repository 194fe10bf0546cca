import type { ProjectedVolumeSource, VolumeProjection } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { Seen } from '../seen.ts';
import { eachOf } from '../each-of.ts';
import { validateObjectName } from './env.ts';
import { checkFileMode } from './numbers.ts';
import { checkFilePath } from './paths.ts';
import { validateDownwardItems, validateItems } from './volume-sources.ts';

const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

export function validateProjected(
  errors: FieldErrors,
  projected: ProjectedVolumeSource,
  field: string,
): void {
  checkFileMode(errors, projected.defaultMode, `${field}.defaultMode`);
  const paths = new Seen<string>();
  eachOf(projected.sources, `${field}.sources`, (source, path) => {
    const kinds = Object.keys(source);
    if (kinds.length === 0) errors.required(path, 'must specify a volume source type');
    for (const extra of kinds.slice(1)) {
      errors.forbidden(`${path}.${extra}`, 'may not specify more than 1 volume type per source');
    }
    validateSource(errors, source, path);
    for (const file of pathsOf(source)) {
      if (paths.again(file)) errors.invalid(path, file, 'conflicting duplicate paths');
    }
  });
}

function validateSource(errors: FieldErrors, source: VolumeProjection, field: string): void {
  if (source.configMap) {
    validateObjectName(errors, source.configMap.name, `${field}.configMap`);
    validateItems(errors, source.configMap.items, `${field}.configMap.items`);
  }
  if (source.secret) {
    validateObjectName(errors, source.secret.name, `${field}.secret`);
    validateItems(errors, source.secret.items, `${field}.secret.items`);
  }
  if (source.downwardAPI)
    validateDownwardItems(errors, source.downwardAPI.items, `${field}.downwardAPI.items`);
  const token = source.serviceAccountToken;
  if (token === undefined) return;
  const path = `${field}.serviceAccountToken`;
  const seconds = token.expirationSeconds ?? MIN_TOKEN_SECONDS;
  if (seconds < MIN_TOKEN_SECONDS) {
    errors.invalid(`${path}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes');
  }
  if (seconds > MAX_TOKEN_SECONDS) {
    errors.invalid(
      `${path}.expirationSeconds`,
      seconds,
      'may not specify a duration larger than 2^32 seconds',
    );
  }
  if (token.path === '') errors.required(`${path}.path`);
  else checkFilePath(errors, token.path, `${path}.path`);
}

function pathsOf(source: VolumeProjection): string[] {
  const items = source.configMap?.items ?? source.secret?.items ?? source.downwardAPI?.items ?? [];
  const token = source.serviceAccountToken?.path;
  return [...items.map((item) => item.path), ...(token === undefined ? [] : [token])];
}
