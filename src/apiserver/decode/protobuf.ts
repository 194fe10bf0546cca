/**
 * Objects as `application/vnd.kubernetes.protobuf`, the form in which kubectl sends some of them, made into what JSON would say.
 * @see kubernetes/staging/src/k8s.io/apimachinery/pkg/runtime/serializer/protobuf
 */
import protobufJson from '../../model/api/protobuf.json' with { type: 'json' };
import { fieldsOf } from '../../model/structure.ts';
import type { ApiObject } from '../api-object.ts';
import { badRequest } from '../errors/status-error.ts';
import { readFields, type WireField } from './protobuf-wire.ts';

type Described = Readonly<Record<string, readonly [name: string, type: string]>>;

const MESSAGES = protobufJson as unknown as Record<string, Described>;
const MAGIC = Buffer.from('k8s\0');
const API = 'k8s.io.api.';
const META = 'k8s.io.apimachinery.pkg.apis.meta.v1.';
const RUNTIME = 'k8s.io.apimachinery.pkg.runtime.';
const MAX_DEPTH = 100;

/** Strings that say something by being empty; Go's encoding writes all others that are not set at all. */
const MEANINGFUL_WHEN_EMPTY: ReadonlySet<string> = new Set(['storageClassName', 'volumeAttributesClassName']);

/** Numbers that mean nothing when they are 0, for the same reason. */
const UNSET_WHEN_ZERO: ReadonlySet<string> = new Set([
  'count',
  'failureThreshold',
  'generation',
  'hostPort',
  'initialDelaySeconds',
  'minReadySeconds',
  'observedGeneration',
  'periodSeconds',
  'successThreshold',
  'timeoutSeconds',
]);

/** @throws StatusError BadRequest when the bytes are no such object, or of a kind that nobody knows */
export function decodeProtobuf(body: Buffer): ApiObject {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC))
    throw badRequest('provided data does not appear to be a protobuf message');
  try {
    const unknown = decodeMessage(`${RUNTIME}Unknown`, body.subarray(MAGIC.length), 0) as {
      typeMeta?: { apiVersion?: string; kind?: string };
      raw?: Buffer;
    };
    const { apiVersion = '', kind = '' } = unknown.typeMeta ?? {};
    const message = messageOf(apiVersion, kind);
    if (message === undefined)
      throw badRequest(
        `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} as a protobuf message`,
      );
    const decoded = decodeMessage(message, unknown.raw ?? Buffer.alloc(0), 0) as object;
    return { apiVersion, kind, ...decoded };
  } catch (error) {
    if (error instanceof RangeError) throw badRequest(`invalid protobuf message: ${error.message}`);
    throw error;
  }
}

/** `apps/v1`, `Deployment` → `k8s.io.api.apps.v1.Deployment` */
function messageOf(apiVersion: string, kind: string): string | undefined {
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/', 2) : ['core', apiVersion];
  const name = `${API}${group.split('.')[0] ?? ''}.${version ?? ''}.${kind}`;
  if (Object.hasOwn(MESSAGES, name)) return name;
  const meta = `${META}${kind}`;
  return Object.hasOwn(MESSAGES, meta) ? meta : undefined;
}

/** What a message is in JSON: mostly an object, but some types are written as strings, numbers or lists. */
function decodeMessage(name: string, bytes: Buffer, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new RangeError('messages are nested too deeply');
  const described = Object.hasOwn(MESSAGES, name) ? MESSAGES[name] : undefined;
  if (described === undefined) throw new RangeError(`unknown message ${name}`);
  const object: Record<string, unknown> = {};
  const known = fieldsOf(name.slice(name.lastIndexOf('.') + 1));
  for (const field of readFields(bytes)) {
    const [fieldName, type] = described[String(field.number)] ?? [];
    if (fieldName === undefined || type === undefined)
      throw new RangeError(`unknown field ${field.number} of ${name}`);
    const isInline = known !== undefined && !known.has(fieldName) && Object.hasOwn(MESSAGES, type);
    if (isInline) Object.assign(object, decodeMessage(type, bytesOf(field), depth + 1));
    else addField(object, fieldName, type, field, depth);
  }
  return simplified(name, object);
}

function addField(
  object: Record<string, unknown>,
  name: string,
  type: string,
  field: WireField,
  depth: number,
): void {
  if (type.endsWith('[]')) {
    const list = (object[name] ??= []) as unknown[];
    list.push(decodeValue(type.slice(0, -2), field, depth));
    return;
  }
  if (type.endsWith('{}')) {
    const map = (object[name] ??= {}) as Record<string, unknown>;
    const entry = readFields(bytesOf(field));
    const key = entry.find(({ number }) => number === 1);
    const value = entry.find(({ number }) => number === 2);
    const keyText = key === undefined ? '' : bytesOf(key).toString();
    const valueType = type.slice(0, -2);
    const decoded = value === undefined ? emptyOf(valueType) : decodeValue(valueType, value, depth);
    Object.defineProperty(map, keyText, {
      value: decoded,
      enumerable: true,
      configurable: true,
      writable: true,
    });
    return;
  }
  const value = decodeValue(type, field, depth);
  if (value === undefined) return;
  if (value === '' && !MEANINGFUL_WHEN_EMPTY.has(name)) return;
  if (value === 0 && UNSET_WHEN_ZERO.has(name)) return;
  object[name] = value;
}

function decodeValue(type: string, field: WireField, depth: number): unknown {
  switch (type) {
    case 'string':
      return bytesOf(field).toString();
    case 'bytes':
      return bytesOf(field).toString('base64');
    case 'bool':
      return integerOf(field) !== 0;
    case 'int':
      return integerOf(field);
    case 'double':
      if (field.kind !== 'fixed64') throw new RangeError('a double must have 8 bytes');
      return field.value.readDoubleLE();
    default:
      return decodeMessage(type, bytesOf(field), depth + 1);
  }
}

function emptyOf(type: string): unknown {
  return type === 'string' || type === 'bytes' ? '' : {};
}

function bytesOf(field: WireField): Buffer {
  if (field.kind !== 'bytes') throw new RangeError(`field ${field.number} must have a length`);
  return field.value;
}

/** Negative numbers are sent as 64 bits, whatever their type. */
function integerOf(field: WireField): number {
  if (field.kind !== 'varint') throw new RangeError(`field ${field.number} must be a number`);
  return Number(BigInt.asIntN(64, field.value));
}

/** Types that are not written as objects. */
function simplified(name: string, object: Record<string, unknown>): unknown {
  switch (name) {
    case 'k8s.io.apimachinery.pkg.api.resource.Quantity':
      return object['string'] ?? '0';
    case 'k8s.io.apimachinery.pkg.util.intstr.IntOrString':
      return object['type'] === 1 ? (object['strVal'] ?? '') : (object['intVal'] ?? 0);
    case `${META}Time`:
      return timeOf(object, false);
    case `${META}MicroTime`:
      return timeOf(object, true);
    case `${META}FieldsV1`:
    case `${RUNTIME}RawExtension`:
      return embedded(object);
    case `${RUNTIME}Unknown`:
      return {
        ...object,
        ...(typeof object['raw'] === 'string' ? { raw: Buffer.from(object['raw'], 'base64') } : {}),
      };
    default:
      return isWrappedList(name) ? (object['items'] ?? []) : object;
  }
}

/** Lists that have a type of their own, such as ExtraValue: their message has nothing but `items`. */
function isWrappedList(name: string): boolean {
  const fields = Object.values(MESSAGES[name] ?? {});
  return fields.length === 1 && fields[0]?.[0] === 'items' && fields[0][1] === 'string[]';
}

function timeOf({ seconds, nanos = 0 }: Record<string, unknown>, isMicro: boolean): string | undefined {
  if (seconds === undefined) return undefined;
  const whole = new Date(Number(seconds) * 1000);
  if (Number.isNaN(whole.getTime())) throw new RangeError('a time is out of range');
  const text = whole.toISOString().replace(/\.\d+Z$/, '');
  const micros = String(Math.floor(Number(nanos) / 1000)).padStart(6, '0');
  return isMicro ? `${text}.${micros}Z` : `${text}Z`;
}

/** JSON within the message. */
function embedded(object: Record<string, unknown>): unknown {
  const raw = object['Raw'] ?? object['raw'];
  if (typeof raw !== 'string' || raw === '') return undefined;
  try {
    return JSON.parse(Buffer.from(raw, 'base64').toString());
  } catch {
    throw new RangeError('JSON within the message cannot be read');
  }
}
