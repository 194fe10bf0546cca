import type { DownwardAPIVolumeFile, KeyToPath, Volume } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { eachOf } from '../each-of.ts';
import { tryParseQuantity } from '../quantity.ts';
import { validateObjectName } from './env.ts';
import { VOLUME_FIELDS, validateFieldRef, validateResourceFieldRef } from './field-references.ts';
import { checkDnsSubdomain } from './names.ts';
import { checkFileMode } from './numbers.ts';
import { checkFilePath, checkNoBacksteps, checkNoNul } from './paths.ts';
import { validateClaimSpec } from './persistent-volume-claim.ts';
import { validateProjected } from './projected-volume.ts';

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

/** Of the kinds of volumes that live on one machine; the others are refused by name. */
export function validateVolumeSource(errors: FieldErrors, volume: Volume, field: string): void {
  if (volume.emptyDir) validateEmptyDir(errors, volume.emptyDir, `${field}.emptyDir`);
  if (volume.hostPath) validateHostPath(errors, volume.hostPath, `${field}.hostPath`);
  if (volume.configMap) {
    validateObjectName(errors, volume.configMap.name, `${field}.configMap`);
    checkFileMode(errors, volume.configMap.defaultMode, `${field}.configMap.defaultMode`);
    validateItems(errors, volume.configMap.items, `${field}.configMap.items`);
  }
  if (volume.secret) {
    const { secretName } = volume.secret;
    if (!secretName) errors.required(`${field}.secret.secretName`);
    else errors.invalidFor(`${field}.secret.secretName`, secretName, checkDnsSubdomain(secretName));
    checkFileMode(errors, volume.secret.defaultMode, `${field}.secret.defaultMode`);
    validateItems(errors, volume.secret.items, `${field}.secret.items`);
  }
  if (volume.downwardAPI) {
    checkFileMode(errors, volume.downwardAPI.defaultMode, `${field}.downwardAPI.defaultMode`);
    validateDownwardItems(errors, volume.downwardAPI.items, `${field}.downwardAPI.items`);
  }
  if (volume.projected) validateProjected(errors, volume.projected, `${field}.projected`);
  if (volume.persistentVolumeClaim) {
    const { claimName } = volume.persistentVolumeClaim;
    const path = `${field}.persistentVolumeClaim.claimName`;
    if (claimName === '') errors.required(path);
    else errors.invalidFor(path, claimName, checkDnsSubdomain(claimName));
  }
  if (volume.ephemeral) {
    const template = volume.ephemeral.volumeClaimTemplate;
    const path = `${field}.ephemeral.volumeClaimTemplate`;
    if (template === undefined) errors.required(path);
    else validateClaimSpec(errors, template.spec, `${path}.spec`);
  }
  if (volume.image) {
    const { reference = '', pullPolicy } = volume.image;
    if (reference === '') errors.required(`${field}.image.reference`);
    if (pullPolicy !== undefined && !PULL_POLICIES.includes(pullPolicy)) {
      errors.notSupported(`${field}.image.pullPolicy`, pullPolicy, PULL_POLICIES);
    }
  }
}

function validateEmptyDir(
  errors: FieldErrors,
  emptyDir: NonNullable<Volume['emptyDir']>,
  field: string,
): void {
  const { medium = '', sizeLimit } = emptyDir;
  if (medium !== '' && medium !== 'Memory' && !medium.startsWith('HugePages')) {
    errors.notSupported(`${field}.medium`, medium, ['', 'HugePages', 'Memory']);
  }
  if (sizeLimit !== undefined && (tryParseQuantity(sizeLimit)?.nano ?? -1n) < 0n) {
    errors.forbidden(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity');
  }
}

function validateHostPath(
  errors: FieldErrors,
  hostPath: NonNullable<Volume['hostPath']>,
  field: string,
): void {
  const { path, type } = hostPath;
  if (path === '') errors.required(`${field}.path`);
  else if (!path.startsWith('/')) errors.invalid(`${field}.path`, path, 'must be an absolute path');
  checkNoBacksteps(errors, path, `${field}.path`);
  checkNoNul(errors, path, `${field}.path`);
  if (type !== undefined && !HOST_PATH_TYPES.includes(type))
    errors.notSupported(`${field}.type`, type, HOST_PATH_TYPES);
}

export function validateItems(
  errors: FieldErrors,
  items: readonly KeyToPath[] | undefined,
  field: string,
): void {
  eachOf(items, field, (item, path) => {
    if (item.key === '') errors.required(`${path}.key`);
    if (item.path === '') errors.required(`${path}.path`);
    checkFilePath(errors, item.path, `${path}.path`);
    checkFileMode(errors, item.mode, `${path}.mode`);
  });
}

export function validateDownwardItems(
  errors: FieldErrors,
  items: readonly DownwardAPIVolumeFile[] | undefined,
  field: string,
): void {
  eachOf(items, field, (item, path) => {
    if (item.path === '') errors.required(`${path}.path`);
    checkFilePath(errors, item.path, `${path}.path`);
    if (item.fieldRef) {
      validateFieldRef(errors, item.fieldRef, `${path}.fieldRef`, VOLUME_FIELDS);
      if (item.resourceFieldRef) {
        errors.invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously');
      }
    } else if (item.resourceFieldRef) {
      validateResourceFieldRef(errors, item.resourceFieldRef, `${path}.resourceFieldRef`, true);
    } else errors.required(path, 'one of fieldRef and resourceFieldRef is required');
    checkFileMode(errors, item.mode, `${path}.mode`);
  });
}
