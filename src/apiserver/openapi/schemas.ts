/** The API's types as OpenAPI schemas, from what is generated of them. */
import descriptionsJson from '../../model/api/descriptions.json' with { type: 'json' };
import { type FieldType, fieldsOf, type PrimitiveName } from '../../model/structure.ts';
import type { Resource } from '../resource.ts';

const DESCRIPTIONS: Record<string, Record<string, string>> = descriptionsJson;

export type Schema = Record<string, unknown>;

const PRIMITIVES: Record<PrimitiveName, Schema> = {
  string: { type: 'string' },
  byte: { type: 'string', format: 'byte' },
  int: { type: 'integer', format: 'int32' },
  long: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  boolean: { type: 'boolean' },
  intOrString: { type: 'string', format: 'int-or-string' },
  time: { type: 'string', format: 'date-time' },
  microtime: { type: 'string', format: 'date-time' },
  quantity: { type: 'string' },
  any: { type: 'object' },
};

const META_TYPES: ReadonlySet<string> = new Set([
  'ObjectMeta',
  'ListMeta',
  'OwnerReference',
  'ManagedFieldsEntry',
  'LabelSelector',
  'LabelSelectorRequirement',
  'Status',
  'StatusDetails',
  'StatusCause',
  'DeleteOptions',
  'Preconditions',
  'Condition',
]);

/** `io.k8s.api.core.v1.Pod`: a type is filed under the group of the resource that it belongs to. */
export function schemaName(
  typeName: string,
  { group, version }: Pick<Resource, 'group' | 'version'>,
): string {
  if (META_TYPES.has(typeName)) return `io.k8s.apimachinery.pkg.apis.meta.v1.${typeName}`;
  const short = group === '' ? 'core' : (group.split('.')[0] ?? group);
  // Types that differ between versions have theirs in the names that we give them.
  return `io.k8s.api.${short}.${version}.${typeName.replace(/V1(?:alpha|beta)\d+$/, '')}`;
}

/** The schemas of a resource's type and all that it is made of, added to `schemas`. */
export function addSchemas(schemas: Record<string, Schema>, resource: Resource, refPrefix: string): void {
  const add = (typeName: string): void => {
    const name = schemaName(typeName, resource);
    if (Object.hasOwn(schemas, name)) return;
    const descriptions = DESCRIPTIONS[typeName] ?? {};
    const properties: Record<string, Schema> = {};
    const schema: Schema = { description: descriptions[''] ?? '', type: 'object', properties };
    schemas[name] = schema;
    const required: string[] = [];
    for (const [field, { type, required: isRequired }] of fieldsOf(typeName) ?? []) {
      const description = descriptions[field];
      properties[field] = { ...(description === undefined ? {} : { description }), ...schemaOf(type) };
      if (isRequired) required.push(field);
    }
    if (required.length > 0) schema['required'] = required;
  };
  const schemaOf = (type: FieldType): Schema => {
    if (type.kind === 'list') return { type: 'array', items: schemaOf(type.of) };
    if (type.kind === 'map') return { type: 'object', additionalProperties: schemaOf(type.of) };
    if (type.kind === 'primitive') return PRIMITIVES[type.name];
    add(type.name);
    const $ref = `${refPrefix}${schemaName(type.name, resource)}`;
    // A description beside a reference is lost to most readers, unless the reference is wrapped.
    return refPrefix.startsWith('#/components') ? { allOf: [{ $ref }] } : { $ref };
  };
  add(resource.typeName);
  const { group, version, kind } = resource;
  const schema = schemas[schemaName(resource.typeName, resource)];
  if (schema !== undefined) schema['x-kubernetes-group-version-kind'] = [{ group, version, kind }];
}
