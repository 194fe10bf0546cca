import * as fc from 'fast-check';
import { type FieldType, fieldsOf, type PrimitiveName } from '../structure.ts';

const WORDS = [
  '',
  'a',
  'main',
  'Always',
  'Never',
  'OnFailure',
  'A b',
  '../x',
  '/etc',
  '__proto__',
  'constructor',
  '$(A)$$',
  'x\ny',
  'metadata.name',
  "metadata.labels['a']",
  'limits.cpu',
  'net.core.somaxconn',
  '10.0.0.1',
];
const QUANTITIES = ['0', '1', '100m', '1Gi', '1.5', '-1', '1e3', '5n', 'many', '', '1Mi1'];
const NUMBERS = [-1, 0, 1, 2, 80, 255, 65_536, 2 ** 31, Number.MAX_SAFE_INTEGER];

const PRIMITIVES: Record<PrimitiveName, fc.Arbitrary<unknown>> = {
  string: fc.constantFrom(...WORDS),
  byte: fc.constantFrom('', 'YQ==', '!'),
  int: fc.constantFrom(...NUMBERS),
  long: fc.constantFrom(...NUMBERS),
  double: fc.constantFrom(...NUMBERS),
  boolean: fc.boolean(),
  intOrString: fc.constantFrom<number | string>(...NUMBERS, ...WORDS),
  time: fc.constantFrom('2026-01-01T00:00:00Z', 'never'),
  microtime: fc.constantFrom('2026-01-01T00:00:00.000000Z'),
  quantity: fc.constantFrom(...QUANTITIES),
  any: fc.constant({}),
};

/** Objects that have the structure of an API type, with values that are mostly wrong. */
export function anyObject<T>(typeName: string, depth = 0): fc.Arbitrary<T> {
  const fields = [...(fieldsOf(typeName) ?? [])].filter(([, field]) => field.required || depth < 6);
  const model = Object.fromEntries(fields.map(([name, { type }]) => [name, anyValue(type, depth + 1)]));
  const requiredKeys = fields.filter(([, field]) => field.required).map(([name]) => name);
  const sparse = fc.subarray(
    fields.map(([name]) => name),
    { maxLength: Math.min(fields.length, 8) },
  );
  return sparse.chain((names) => {
    const chosen = new Set([...names, ...requiredKeys]);
    return fc.record(Object.fromEntries(Object.entries(model).filter(([name]) => chosen.has(name))), {
      noNullPrototype: true,
    });
  }) as fc.Arbitrary<T>;
}

function anyValue(type: FieldType, depth: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'list':
      return fc.array(anyValue(type.of, depth), { maxLength: 3 });
    case 'map':
      return fc.dictionary(
        fc.constantFrom('cpu', 'memory', 'hugepages-2Mi', 'a', 'A b', 'constructor'),
        anyValue(type.of, depth),
        {
          maxKeys: 3,
          noNullPrototype: true,
        },
      );
    case 'object':
      return fc.constant(type.name).chain((name) => anyObject(name, depth));
    case 'primitive':
      return PRIMITIVES[type.name];
  }
}
