/** Which objects of a list or watch a client wants to see. */
import { isPeapodError } from '../../model/errors.ts';
import {
  type LabelRequirement,
  matchesRequirements,
  parseLabelSelector,
} from '../../model/label-selector.ts';
import type { ApiObject } from '../api-object.ts';
import { badRequest } from '../errors/status-error.ts';
import type { Resource } from '../resource.ts';
import { apiVersionOf } from './request-scope.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

export interface Selection {
  readonly labels: readonly LabelRequirement[];
  readonly fields: readonly FieldRequirement[];
  /** Everything is wanted. */
  readonly isEmpty: boolean;
}

export const EVERYTHING: Selection = { labels: [], fields: [], isEmpty: true };

/** @throws StatusError BadRequest naming what is wrong in the selectors */
export function readSelection(resource: Resource, labelSelector: string, fieldSelector: string): Selection {
  if (labelSelector === '' && fieldSelector === '') return EVERYTHING;
  const labels = readLabels(labelSelector);
  const fields = readFields(resource, fieldSelector);
  return { labels, fields, isEmpty: labels.length === 0 && fields.length === 0 };
}

export function selects(
  resource: Resource,
  { labels, fields, isEmpty }: Selection,
  object: ApiObject,
): boolean {
  if (isEmpty) return true;
  return (
    matchesRequirements(labels, object.metadata?.labels) &&
    fields.every(({ field, equal, value }) => (fieldValue(resource, field, object) === value) === equal)
  );
}

/** The one name that the selection allows, if it names one. */
export function selectedName({ fields }: Selection): string | undefined {
  return fields.find(({ field, equal }) => field === 'metadata.name' && equal)?.value;
}

function readLabels(text: string): readonly LabelRequirement[] {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (isPeapodError(error, 'Invalid')) throw badRequest(error.message);
    throw error;
  }
}

/** `a=b,c!=d`; a comma, equals sign or backslash in a value has a backslash before it. */
function readFields(resource: Resource, text: string): FieldRequirement[] {
  const terms = text.match(/(?:\\.|[^,\\])+/g) ?? [];
  return terms.map((term) => {
    const match = /^((?:\\.|[^=!\\])+)(!=|==|=)((?:\\.|[^\\])*)$/.exec(term);
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = '', operator = '', value = ''] = match;
    if (!isSelectable(resource, field)) {
      const where = `${apiVersionOf(resource)}, Resource=${resource.plural}`;
      const qualified = resource.group === '' ? `/${where}` : where;
      throw badRequest(
        `Unable to find ${JSON.stringify(qualified)} that match label selector "", field selector ${JSON.stringify(text)}: field label not supported: ${field}`,
      );
    }
    return { field, equal: operator !== '!=', value: value.replace(/\\(.)/g, '$1') };
  });
}

function isSelectable(resource: Resource, field: string): boolean {
  if (field === 'metadata.name') return true;
  if (field === 'metadata.namespace') return resource.namespaced;
  return Object.hasOwn(resource.selectableFields ?? {}, field);
}

function fieldValue(resource: Resource, field: string, object: ApiObject): string {
  if (field === 'metadata.name') return object.metadata?.name ?? '';
  if (field === 'metadata.namespace') return object.metadata?.namespace ?? '';
  return resource.selectableFields?.[field]?.(object) ?? '';
}
