import assert from 'node:assert/strict';
import test from 'node:test';
import structureJson from './api/structure.json' with { type: 'json' };
import { type FieldType, fieldsOf } from './structure.ts';

const PRIMITIVES = [
  'string',
  'byte',
  'int',
  'long',
  'double',
  'boolean',
  'intOrString',
  'time',
  'microtime',
  'any',
];

function leaf(type: FieldType): FieldType {
  return type.kind === 'list' || type.kind === 'map' ? leaf(type.of) : type;
}

test('every field of every type is of a type that is known', () => {
  for (const name of Object.keys(structureJson)) {
    for (const [field, { type }] of fieldsOf(name) ?? []) {
      const end = leaf(type);
      const known = end.kind === 'primitive' ? [...PRIMITIVES, 'quantity'].includes(end.name) : true;
      assert.ok(known, `${name}.${field}`);
    }
  }
});

test('resource lists are maps of quantities', () => {
  assert.deepEqual(fieldsOf('ResourceRequirements')?.get('limits')?.type, {
    kind: 'map',
    of: { kind: 'primitive', name: 'quantity' },
  });
});

test('names that every object has are no types', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) assert.equal(fieldsOf(name), undefined);
});
