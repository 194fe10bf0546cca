/** What fields the API's types have, as the generated `api/structure.json` tells it. */
import { METRICS_STRUCTURE } from './api/metrics-structure.ts';
import structureJson from './api/structure.json' with { type: 'json' };

/** What a field holds: a primitive, the name of another type, or lists and maps of them. */
export type FieldType =
  | { readonly kind: 'list'; readonly of: FieldType }
  | { readonly kind: 'map'; readonly of: FieldType }
  | { readonly kind: 'object'; readonly name: string }
  | { readonly kind: 'primitive'; readonly name: PrimitiveName };

export type PrimitiveName =
  | 'string'
  | 'byte'
  /** 32 bits. */
  | 'int'
  /** 64 bits, of which JavaScript keeps 53. */
  | 'long'
  | 'double'
  | 'boolean'
  | 'intOrString'
  | 'time'
  | 'microtime'
  | 'quantity'
  | 'any';

/** Whether a number is one that a field of that type can hold. */
export function isInteger(value: unknown, type: 'int' | 'long'): value is number {
  return Number.isSafeInteger(value) && (type === 'long' || value === (Number(value) | 0));
}

export interface Field {
  readonly type: FieldType;
  readonly required: boolean;
}

const STRUCTURE: Record<string, Record<string, string>> = { ...structureJson, ...METRICS_STRUCTURE };

/** Quantities are strings in the generated structure; these fields are, or are maps of, such. */
const QUANTITIES: ReadonlySet<string> = new Set([
  'PodSpec.overhead',
  'PodStatus.allocatedResources',
  'ContainerStatus.allocatedResources',
  'ResourceRequirements.limits',
  'ResourceRequirements.requests',
  'ResourceFieldSelector.divisor',
  'EmptyDirVolumeSource.sizeLimit',
  'VolumeResourceRequirements.limits',
  'VolumeResourceRequirements.requests',
  'PersistentVolumeClaimStatus.allocatedResources',
  'PersistentVolumeClaimStatus.capacity',
  'PersistentVolumeSpec.capacity',
  'NodeStatus.allocatable',
  'NodeStatus.capacity',
  'NodeAllocatableResourceClaimStatus.resources',
  'LimitRangeItem.default',
  'LimitRangeItem.defaultRequest',
  'LimitRangeItem.max',
  'LimitRangeItem.maxLimitRequestRatio',
  'LimitRangeItem.min',
  'ResourceQuotaSpec.hard',
  'ResourceQuotaStatus.hard',
  'ResourceQuotaStatus.used',
  'Overhead.podFixed',
  'NodeMetrics.usage',
  'ContainerMetrics.usage',
]);

const parsed = new Map<string, ReadonlyMap<string, Field>>();

/** The fields of a type of the API, by name; nothing when there is no such type. */
export function fieldsOf(typeName: string): ReadonlyMap<string, Field> | undefined {
  const known = parsed.get(typeName);
  if (known !== undefined) return known;
  if (!Object.hasOwn(STRUCTURE, typeName)) return undefined;
  const fields = new Map<string, Field>();
  for (const [name, text] of Object.entries(STRUCTURE[typeName] ?? {})) {
    const quantity = QUANTITIES.has(`${typeName}.${name}`);
    fields.set(name, { type: parseType(text.replace(/!$/, ''), quantity), required: text.endsWith('!') });
  }
  parsed.set(typeName, fields);
  return fields;
}

function parseType(text: string, quantity: boolean): FieldType {
  if (text.startsWith('[]')) return { kind: 'list', of: parseType(text.slice(2), quantity) };
  if (text.startsWith('{}')) return { kind: 'map', of: parseType(text.slice(2), quantity) };
  if (Object.hasOwn(STRUCTURE, text)) return { kind: 'object', name: text };
  return { kind: 'primitive', name: quantity ? 'quantity' : (text as PrimitiveName) };
}
