/** The little that most kinds have in common. */
import { isDeepStrictEqual } from 'node:util';
import { fillZeroValues } from '../../model/defaults/zero-values.ts';
import type { FieldError } from '../../model/field-error.ts';
import { FieldErrors } from '../../model/field-error.ts';
import { age } from '../rendering/print-table.ts';
import type { ApiObject } from '../api-object.ts';
import type { Resource, ResourceStrategy, TableColumn } from '../resource.ts';

type Described = Pick<Resource, 'kind' | 'plural' | 'namespaced' | 'strategy'> & Partial<Resource>;

/**
 * A resource of the core group at v1 unless it says otherwise. Its strategy never sees an object that lacks what its
 * type requires.
 */
export function define(described: Described): Resource {
  const { group = '', kind, plural, typeName = kind, strategy } = described;
  return {
    version: 'v1',
    singular: kind.toLowerCase(),
    storedAs: group === '' || group === 'events.k8s.io' ? plural : `${plural}.${group}`,
    ...described,
    typeName,
    group,
    strategy: {
      ...strategy,
      applyDefaults: (object) => {
        fillZeroValues(object, typeName);
        return strategy.applyDefaults?.(object) ?? object;
      },
    },
  };
}

/** No rules of its own beyond those of metadata. */
export const PLAIN: ResourceStrategy = {
  validateCreate: () => [],
  validateUpdate: () => [],
};

/** A new object has no status but what the server gives it. */
export function withoutStatus(object: ApiObject): void {
  delete object['status'];
}

/** An object of a kind whose type has fields that every object must have. */
export function typed<T>(object: ApiObject): T {
  return object as unknown as T;
}

export function column(
  name: string,
  cell: (object: ApiObject, nowMs: number) => string | number | boolean,
  options: Partial<TableColumn> = {},
): TableColumn {
  return { name, type: 'string', description: '', cell, ...options };
}

export const NAME_COLUMN: TableColumn = column('Name', ({ metadata }) => metadata?.name ?? '', {
  format: 'name',
  description: 'Name must be unique within a namespace.',
});

export const AGE_COLUMN: TableColumn = column('Age', age, {
  description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
});

export const CREATED_AT_COLUMN: TableColumn = column(
  'Created At',
  ({ metadata }) => metadata?.creationTimestamp ?? '',
  { description: 'When this object was created.' },
);

/** A complaint for each of these fields that an update has changed. */
export function unchanged(
  next: ApiObject,
  previous: ApiObject,
  fields: readonly string[],
): readonly FieldError[] {
  const errors = new FieldErrors();
  for (const field of fields) {
    const value = at(next, field);
    if (!isDeepStrictEqual(value, at(previous, field)))
      errors.invalid(field, value ?? null, 'field is immutable');
  }
  return errors.list;
}

function at(object: ApiObject, path: string): unknown {
  let value: unknown = object;
  for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
  return value;
}
