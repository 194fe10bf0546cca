/**
 * Objects as a table, as `kubectl get` asks for them.
 * @see kubernetes/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go Table
 */
import { humanDuration } from '../../model/status/human-duration.ts';
import type { ApiObject } from '../api-object.ts';
import type { Resource, TableColumn } from '../resource.ts';

export type IncludedObject = 'Metadata' | 'Object' | 'None';

const NAME: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  cell: (object) => object.metadata?.name ?? '',
};

const AGE: TableColumn = {
  name: 'Age',
  type: 'string',
  description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
  cell: (object, nowMs) => age(object, nowMs),
};

export function age(object: ApiObject, nowMs: number): string {
  const created = Date.parse(object.metadata?.creationTimestamp ?? '');
  return Number.isNaN(created) ? '<unknown>' : humanDuration(nowMs - created);
}

export function columnDefinitions(resource: Resource): object[] {
  return (resource.columns ?? [NAME, AGE]).map(({ name, type, format = '', description, priority = 0 }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
}

export function tableRow(
  resource: Resource,
  object: ApiObject,
  nowMs: number,
  included: IncludedObject,
): object {
  const cells = (resource.columns ?? [NAME, AGE]).map(({ cell }) => cell(object, nowMs));
  if (included === 'None') return { cells };
  return { cells, object: included === 'Object' ? object : partialMetadata(object) };
}

export function partialMetadata({ metadata }: ApiObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

/** @param withColumns not for the later events of a watch */
export function table(
  resource: Resource,
  objects: Iterable<ApiObject>,
  metadata: object,
  options: { nowMs: number; included: IncludedObject; withColumns?: boolean },
): object {
  const { nowMs, included, withColumns = true } = options;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns ? columnDefinitions(resource) : null,
    rows: Array.from(objects, (object) => tableRow(resource, object, nowMs, included)),
  };
}
