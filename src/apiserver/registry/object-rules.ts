/**
 * The rules of metadata that hold for every kind.
 * @see kubernetes/staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go
 */
import type { ObjectMeta } from '../../model/api/types.ts';
import { type FieldError, FieldErrors } from '../../model/field-error.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../../model/validation/names.ts';
import { validateObjectMeta } from '../../model/validation/object-meta.ts';
import type { ApiObject } from '../api-object.ts';
import type { Resource, ResourceStrategy } from '../resource.ts';

/** Finalizers of the server's own that need no domain. */
const OWN_FINALIZERS: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

export function checkNewMetadata(resource: Resource, object: ApiObject): FieldError[] {
  const errors = new FieldErrors();
  const { metadata = {} } = object;
  validateObjectMeta(errors, withoutOwnFinalizers(metadata), 'metadata', nameRule(resource.strategy));
  if (!resource.namespaced && metadata.namespace)
    errors.forbidden('metadata.namespace', 'not allowed on this type');
  checkOwners(errors, metadata);
  return errors.list;
}

function withoutOwnFinalizers(metadata: ObjectMeta): ObjectMeta {
  if (metadata.finalizers === undefined) return metadata;
  return { ...metadata, finalizers: metadata.finalizers.filter((name) => !OWN_FINALIZERS.has(name)) };
}

function checkOwners(errors: FieldErrors, { ownerReferences = [] }: ObjectMeta): void {
  let controllers = 0;
  for (const [index, { apiVersion, kind, name, uid, controller }] of ownerReferences.entries()) {
    const field = `metadata.ownerReferences[${index}]`;
    if (!apiVersion) errors.invalid(`${field}.apiVersion`, apiVersion ?? '', 'version must not be empty');
    if (!kind) errors.invalid(`${field}.kind`, kind ?? '', 'must not be empty');
    if (!name) errors.invalid(`${field}.name`, name ?? '', 'must not be empty');
    if (!uid) errors.invalid(`${field}.uid`, uid ?? '', 'must not be empty');
    if (controller === true) controllers += 1;
  }
  if (controllers > 1) {
    errors.invalid(
      'metadata.ownerReferences',
      ownerReferences,
      'Only one reference can have Controller set to true',
    );
  }
}

export function checkChangedMetadata(next: ApiObject, previous: ApiObject): FieldError[] {
  const errors = new FieldErrors();
  const fixed = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp'] as const;
  for (const field of fixed) {
    const value = next.metadata?.[field];
    if (value !== previous.metadata?.[field]) {
      errors.invalid(`metadata.${field}`, value ?? null, 'field is immutable');
    }
  }
  if (previous.metadata?.deletionTimestamp !== undefined) {
    const before = new Set(previous.metadata.finalizers ?? []);
    const added = (next.metadata?.finalizers ?? []).filter((name) => !before.has(name));
    if (added.length > 0) {
      errors.forbidden(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added
          .map((name) => JSON.stringify(name))
          .join(', ')}}`,
      );
    }
  }
  return errors.list;
}

export function nameRule({ nameRule: rule }: ResourceStrategy): (name: string) => readonly string[] {
  if (rule === 'label') return checkDnsLabel;
  return rule === 'path' ? checkPathSegment : checkDnsSubdomain;
}

/** @see kubernetes/staging/src/k8s.io/apimachinery/pkg/api/validation/path/name.go */
export function checkPathSegment(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
}
