/** @see kubernetes/pkg/apis/core/validation/validation.go ValidatePersistentVolumeSpec */
import { sameValue } from '../same-value.ts';
import type { NodeSelector, PersistentVolume, PersistentVolumeSpec } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { tryParseQuantity } from '../quantity.ts';
import { fieldsOf } from '../structure.ts';
import { checkDnsSubdomain } from './names.ts';
import { validateNodeSelector } from './affinity.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];
const VOLUME_MODES = ['Block', 'Filesystem'];

/** What a specification says besides where the data lies. */
const OTHER_FIELDS: ReadonlySet<string> = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

/** @param volume after defaulting */
export function validatePersistentVolume(volume: PersistentVolume): FieldError[] {
  const errors = new FieldErrors();
  const { spec = {} } = volume;
  validateModes(errors, spec);
  validateCapacity(errors, spec.capacity ?? {});
  const sources = sourcesOf(spec);
  if (sources.length === 0) errors.required('spec', 'must specify a volume type');
  for (const extra of sources.slice(1)) {
    errors.forbidden(`spec.${extra}`, 'may not specify more than 1 volume type');
  }
  validatePath(errors, spec);
  if (spec.storageClassName) {
    errors.invalidFor(
      'spec.storageClassName',
      spec.storageClassName,
      checkDnsSubdomain(spec.storageClassName),
    );
  }
  const affinity: NodeSelector | undefined = spec.nodeAffinity?.required;
  if (spec.nodeAffinity !== undefined) {
    if (affinity === undefined)
      errors.required('spec.nodeAffinity.required', 'must specify required node constraints');
    else validateNodeSelector(errors, affinity, 'spec.nodeAffinity.required');
  }
  if (spec.local !== undefined && affinity === undefined)
    errors.required('spec.nodeAffinity', 'Local volume requires node affinity');
  return errors.list;
}

/** Where a volume lies, which node reaches it, and what kind of volume it is stay as they are. */
export function validatePersistentVolumeUpdate(
  next: PersistentVolume,
  previous: PersistentVolume,
): FieldError[] {
  const errors = new FieldErrors();
  errors.addAll(validatePersistentVolume(next));
  const after = next.spec ?? {};
  const before = previous.spec ?? {};
  const sources = (spec: PersistentVolumeSpec) =>
    sourcesOf(spec).map((name) => [name, spec[name as keyof PersistentVolumeSpec]]);
  if (!sameValue(sources(after), sources(before)))
    errors.forbidden(
      'spec.persistentvolumesource',
      'spec.persistentvolumesource is immutable after creation',
    );
  if (after.volumeMode !== before.volumeMode)
    errors.invalid('spec.volumeMode', after.volumeMode, 'field is immutable');
  if (before.nodeAffinity !== undefined && !sameValue(after.nodeAffinity, before.nodeAffinity))
    errors.invalid('spec.nodeAffinity', after.nodeAffinity ?? null, 'field is immutable');
  return errors.list;
}

function sourcesOf(spec: PersistentVolumeSpec): string[] {
  return [...(fieldsOf('PersistentVolumeSpec')?.keys() ?? [])].filter(
    (name) => !OTHER_FIELDS.has(name) && spec[name as keyof PersistentVolumeSpec] !== undefined,
  );
}

function validateModes(errors: FieldErrors, spec: PersistentVolumeSpec): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) errors.required('spec.accessModes');
  for (const mode of modes) {
    if (!ACCESS_MODES.includes(mode)) errors.notSupported('spec.accessModes', mode, ACCESS_MODES);
  }
  if (modes.length > 1 && modes.includes('ReadWriteOncePod'))
    errors.forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes');
  const { persistentVolumeReclaimPolicy: policy = 'Retain', volumeMode = 'Filesystem' } = spec;
  if (!RECLAIM_POLICIES.includes(policy))
    errors.notSupported('spec.persistentVolumeReclaimPolicy', policy, RECLAIM_POLICIES);
  if (!VOLUME_MODES.includes(volumeMode)) errors.notSupported('spec.volumeMode', volumeMode, VOLUME_MODES);
}

function validateCapacity(errors: FieldErrors, capacity: Readonly<Record<string, string>>): void {
  const names = Object.keys(capacity);
  if (names.length === 0) return errors.required('spec.capacity');
  const storage = Object.hasOwn(capacity, 'storage') ? capacity['storage'] : undefined;
  if (storage === undefined || names.length > 1) errors.notSupported('spec.capacity', names, ['storage']);
  if (storage !== undefined && (tryParseQuantity(storage)?.nano ?? 0n) <= 0n)
    errors.invalid('spec.capacity[storage]', storage, 'must be greater than zero');
}

function validatePath(errors: FieldErrors, { hostPath, local }: PersistentVolumeSpec): void {
  for (const [field, source] of [
    ['spec.hostPath.path', hostPath],
    ['spec.local.path', local],
  ] as const) {
    if (source === undefined) continue;
    if (!source.path) errors.required(field);
    else if (source.path.split('/').includes('..'))
      errors.invalid(field, source.path, "must not contain '..'");
  }
}
