/**
 * An OpenAPI 2.0 document in gnostic's protobuf, which kubectl asks for to check what it cannot ask the server to check: a `List`.
 * It holds the definitions; nobody looks for paths here.
 * @see github.com/google/gnostic-models/openapiv2/OpenAPIv2.proto
 */
import { messageField, numberField, textField } from '../decode/protobuf-write.ts';
import type { Schema } from './schemas.ts';

export interface DocumentV2 {
  readonly info: { readonly title: string; readonly version: string };
  readonly definitions: Readonly<Record<string, Schema>>;
}

export function encodeOpenApi({ info, definitions }: DocumentV2): Buffer {
  return Buffer.concat([
    textField(1, '2.0'),
    messageField(2, [textField(1, info.title), textField(2, info.version)]),
    messageField(8, []),
    messageField(9, namedSchemas(definitions)),
  ]);
}

function namedSchemas(schemas: Readonly<Record<string, Schema>>): Buffer[] {
  return Object.entries(schemas).map(([name, schema]) =>
    messageField(1, [textField(1, name), messageField(2, schemaFields(schema))]),
  );
}

function schemaFields(schema: Schema): Buffer[] {
  const fields: Buffer[] = [];
  const text = (number: number, name: string) => {
    const value = schema[name];
    if (typeof value === 'string' && value !== '') fields.push(textField(number, value));
  };
  text(1, '$ref');
  text(2, 'format');
  text(4, 'description');
  for (const name of (schema['required'] ?? []) as string[]) fields.push(textField(19, name));
  const of = schema['additionalProperties'];
  if (of === true) fields.push(messageField(21, [numberField(2, 1)]));
  else if (isSchema(of)) fields.push(messageField(21, [messageField(1, schemaFields(of))]));
  if (typeof schema['type'] === 'string') fields.push(messageField(22, [textField(1, schema['type'])]));
  const { items, properties } = schema as { items?: unknown; properties?: unknown };
  if (isSchema(items)) fields.push(messageField(23, [messageField(1, schemaFields(items))]));
  if (isSchema(properties)) fields.push(messageField(25, namedSchemas(properties as Record<string, Schema>)));
  for (const [name, value] of Object.entries(schema)) {
    if (!name.startsWith('x-')) continue;
    // JSON is YAML.
    fields.push(
      messageField(31, [textField(1, name), messageField(2, [textField(2, JSON.stringify(value))])]),
    );
  }
  return fields;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}
