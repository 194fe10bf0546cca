/**
 * Writes `src/model/api/protobuf.json` from a kubectl binary, which carries the descriptors of Kubernetes' protobuf messages:
 * `generate-protobuf.ts /usr/bin/kubectl`. Old numbers never change, so it is run when newer fields are wanted.
 */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readFields, type WireField } from '../src/apiserver/decode/protobuf-wire.ts';

/** The packages whose messages clients send us. */
const PACKAGES =
  /^k8s\.io\.(?:api\.(?:core|apps|batch|rbac|policy|coordination|events|scheduling|storage|authentication|authorization)\.v1|api\.autoscaling\.v1|apimachinery\.pkg\.(?:apis\.meta\.v1|api\.resource|util\.intstr|runtime))$/;

const GZIP = Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0]);

/** Numbers of `FieldDescriptorProto.Type`. */
const TYPES: Partial<Record<number, string>> = {
  1: 'double',
  3: 'int',
  5: 'int',
  8: 'bool',
  9: 'string',
  12: 'bytes',
};
const MESSAGE = 11;
const REPEATED = 3;

/** `{message: {number: [name, type]}}`; a type ends with `[]` when it is repeated, and with `{}` when it is a map's values. */
const messages: Record<string, Record<string, [name: string, type: string]>> = {};

function text(field: WireField | undefined): string {
  return field?.kind === 'bytes' ? field.value.toString() : '';
}

function number(field: WireField | undefined): number {
  return field?.kind === 'varint' ? Number(field.value) : 0;
}

function all(fields: readonly WireField[], wanted: number): Buffer[] {
  return fields.flatMap((field) => (field.number === wanted && field.kind === 'bytes' ? [field.value] : []));
}

function addMessage(prefix: string, bytes: Buffer): void {
  const fields = readFields(bytes);
  const name = `${prefix}.${text(fields.find(({ number: at }) => at === 1))}`;
  const entries = new Map<string, string>();
  for (const nested of all(fields, 3)) {
    const inner = readFields(nested);
    const value = all(inner, 2).map(readFields)[1] ?? [];
    entries.set(`${name}.${text(inner.find(({ number: at }) => at === 1))}`, typeOf(value));
  }
  const described: Record<string, [string, string]> = {};
  for (const field of all(fields, 2).map(readFields)) {
    const type = typeOf(field);
    const isRepeated = number(field.find(({ number: at }) => at === 4)) === REPEATED;
    const mapped = entries.get(type);
    const whole = mapped === undefined ? `${type}${isRepeated ? '[]' : ''}` : `${mapped}{}`;
    described[String(number(field.find(({ number: at }) => at === 3)))] = [
      text(field.find(({ number: at }) => at === 1)),
      whole,
    ];
  }
  messages[name] = described;
}

function typeOf(field: readonly WireField[]): string {
  const type = number(field.find(({ number: at }) => at === 5));
  if (type === MESSAGE) return text(field.find(({ number: at }) => at === 6)).replace(/^\./, '');
  return TYPES[type] ?? `unknown ${type}`;
}

function descriptorAt(binary: Buffer, offset: number): Buffer | undefined {
  try {
    return gunzipSync(binary.subarray(offset, offset + 400_000), { finishFlush: 2 });
  } catch {
    return undefined;
  }
}

const path = process.argv[2];
if (path === undefined) throw new Error('usage: generate-protobuf.ts <path of kubectl>');
const binary = readFileSync(realpathSync(path));
for (let at = binary.indexOf(GZIP); at !== -1; at = binary.indexOf(GZIP, at + 1)) {
  const descriptor = descriptorAt(binary, at);
  if (descriptor?.[0] !== 0x0a) continue;
  const fields = readFields(descriptor);
  const name = text(fields.find(({ number: one }) => one === 2));
  if (PACKAGES.test(name)) for (const message of all(fields, 4)) addMessage(name, message);
}
const sorted = Object.fromEntries(Object.entries(messages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(new URL('../src/model/api/protobuf.json', import.meta.url), `${JSON.stringify(sorted)}\n`);
process.stdout.write(`${Object.keys(sorted).length} messages\n`);
