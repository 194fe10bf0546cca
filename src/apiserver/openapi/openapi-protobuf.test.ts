import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFields, type WireField } from '../decode/protobuf-wire.ts';
import { encodeOpenApi } from './openapi-protobuf.ts';

function fieldOf(bytes: Buffer, ...path: number[]): Buffer {
  return path.reduce((message, number) => {
    const field = readFields(message).find((one) => one.number === number);
    assert.ok(field?.kind === 'bytes', `there is no field ${number}`);
    return field.value;
  }, bytes);
}

test('an OpenAPI document in protobuf holds names, types, references and extensions', () => {
  const document = encodeOpenApi({
    info: { title: 't', version: 'v' },
    definitions: {
      Pod: {
        description: 'd'.repeat(300),
        type: 'object',
        required: ['spec'],
        properties: {
          spec: { $ref: '#/definitions/PodSpec' },
          list: { type: 'array', items: { type: 'string' } },
          map: { type: 'object', additionalProperties: { type: 'integer', format: 'int32' } },
        },
        'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Pod' }],
      },
    },
  });
  assert.equal(fieldOf(document, 1).toString(), '2.0');
  assert.equal(fieldOf(document, 2, 2).toString(), 'v');
  assert.equal(fieldOf(document, 9, 1, 1).toString(), 'Pod');
  const pod = fieldOf(document, 9, 1, 2);
  assert.equal(fieldOf(pod, 4).length, 300);
  assert.equal(fieldOf(pod, 19).toString(), 'spec');
  assert.equal(fieldOf(pod, 22, 1).toString(), 'object');
  assert.equal(fieldOf(pod, 31, 2, 2).toString(), '[{"group":"","version":"v1","kind":"Pod"}]');
  const properties = readFields(fieldOf(pod, 25)).map((field: WireField) => {
    assert.ok(field.kind === 'bytes');
    return field.value;
  });
  const [spec, list, map] = properties.map((property) => fieldOf(property, 2));
  assert.ok(spec !== undefined && list !== undefined && map !== undefined);
  assert.equal(fieldOf(spec, 1).toString(), '#/definitions/PodSpec');
  assert.equal(fieldOf(list, 23, 1, 22, 1).toString(), 'string');
  assert.equal(fieldOf(map, 21, 1, 2).toString(), 'int32');
});
