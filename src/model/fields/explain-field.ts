/** What `peapod explain pod.spec.…` tells of a field. */
import { PeapodError } from '../errors.ts';
import { didYouMean } from '../manifest/nearest-name.ts';
import { apiVersionOf, OBJECT_KINDS, type ObjectKind, typeNameOf } from '../manifest/object-kinds.ts';
import { type FieldType, fieldsOf } from '../structure.ts';
import { verdictsOf } from './field-verdict.ts';
import { proofOf } from './proofs.ts';
import type { Verdict } from './verdict.ts';

export interface FieldExplanation {
  readonly kind: ObjectKind;
  readonly apiVersion: string;
  /** Below the kind: `spec.containers.livenessProbe`; empty for the kind itself. */
  readonly path: string;
  /** As kubectl writes it: `[]Container`, `map[string]string`, `string`. */
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
  /** Absent outside a pod's specification. */
  readonly verdict?: Verdict;
  /** The test that proves the verdict. */
  readonly proof?: string;
  /** The fields of what it holds. */
  readonly fields: readonly ExplainedField[];
}

export interface ExplainedField {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
  readonly verdict?: Verdict;
}

type Descriptions = Record<string, Record<string, string>>;

/**
 * Explains a path like `pod.spec.containers.env`; indices and brackets in it count for nothing.
 * @throws PeapodError NotFound naming the first part that there is not
 */
export async function explainField(path: string): Promise<FieldExplanation> {
  const [resource = '', ...names] = path
    .replaceAll(/\[[^\]]*\]/g, '')
    .split('.')
    .filter((part) => part !== '');
  const kind = findKind(resource);
  const descriptions = await loadDescriptions();
  let typeName: string | undefined = typeNameOf(kind);
  let found: Omit<FieldExplanation, 'fields' | 'kind' | 'apiVersion' | 'path'> = {
    type: typeName,
    required: false,
    description: descriptions[typeName]?.[''] ?? '',
  };
  for (const [index, name] of names.entries()) {
    const fields: ReturnType<typeof fieldsOf> = typeName === undefined ? undefined : fieldsOf(typeName);
    const field = fields?.get(name);
    if (typeName === undefined || field === undefined) {
      const at = names.slice(0, index + 1).join('.');
      throw new PeapodError(
        'NotFound',
        `field ${JSON.stringify(at)} does not exist in ${kind}${didYouMean(name, fields?.keys() ?? [])}`,
      );
    }
    found = explainOne(typeName, name, field.type, field.required, descriptions);
    typeName = objectName(field.type);
  }
  return {
    kind,
    apiVersion: apiVersionOf(kind),
    path: names.join('.'),
    ...found,
    fields: typeName === undefined ? [] : fieldsBelow(typeName, descriptions),
  };
}

function explainOne(
  typeName: string,
  name: string,
  type: FieldType,
  required: boolean,
  descriptions: Descriptions,
): Omit<FieldExplanation, 'fields' | 'kind' | 'apiVersion' | 'path'> {
  const verdict = verdictsOf(typeName)?.get(name);
  const proof = proofOf(typeName, name);
  const own = descriptions[typeName]?.[name] ?? '';
  const object = objectName(type);
  return {
    type: typeText(type),
    required,
    description: own === '' && object !== undefined ? (descriptions[object]?.[''] ?? '') : own,
    ...(verdict === undefined ? {} : { verdict }),
    ...(proof === undefined ? {} : { proof }),
  };
}

function fieldsBelow(typeName: string, descriptions: Descriptions): ExplainedField[] {
  return [...(fieldsOf(typeName) ?? [])].map(([name, field]) => {
    const { proof: _, ...explained } = explainOne(typeName, name, field.type, field.required, descriptions);
    return { name, ...explained };
  });
}

/** `pod`, `pods`, `Pod`. */
function findKind(resource: string): ObjectKind {
  const wanted = resource.toLowerCase();
  const kind = OBJECT_KINDS.find((one) => [one.toLowerCase(), `${one.toLowerCase()}s`].includes(wanted));
  if (kind !== undefined) return kind;
  const hint = didYouMean(
    resource,
    OBJECT_KINDS.map((one) => one.toLowerCase()),
  );
  throw new PeapodError('NotFound', `there is no kind ${JSON.stringify(resource)}${hint}`);
}

function objectName(type: FieldType): string | undefined {
  if (type.kind === 'list' || type.kind === 'map') return objectName(type.of);
  return type.kind === 'object' ? type.name : undefined;
}

function typeText(type: FieldType): string {
  switch (type.kind) {
    case 'list':
      return `[]${typeText(type.of)}`;
    case 'map':
      return `map[string]${typeText(type.of)}`;
    case 'object':
      return type.name;
    case 'primitive':
      return { int: 'integer', any: 'Object', double: 'number' }[type.name as string] ?? type.name;
  }
}

/** They are large, and only wanted here. */
async function loadDescriptions(): Promise<Descriptions> {
  const module: { default: unknown } = await import('../api/descriptions.json', { with: { type: 'json' } });
  return module.default as Descriptions;
}
