/** Messages that nobody sends on purpose. */
import { create, type DescField, type DescMessage, ScalarType, toBinary } from '@bufbuild/protobuf';
import * as fc from 'fast-check';
import { ImageService, RuntimeService } from '../api/runtime_pb.ts';

/** Every verb of the API. */
export const METHODS = [RuntimeService, ImageService].flatMap((service) =>
  service.methods.map((method) => ({ method, path: `/${service.typeName}/${method.name}` })),
);
/** A stream that ends only with its reader. */
export const ENDLESS = '/runtime.v1.RuntimeService/GetContainerEvents';

/** Texts that mean something somewhere: to a file system, to JavaScript, to a runtime. */
export const WORDS = [
  '',
  'a',
  '../..',
  '/',
  '__proto__',
  'constructor',
  '\0',
  'sandbox-u-0',
  'f'.repeat(64),
  'x'.repeat(5_000),
];

/** A request of one of the methods, its texts among `words`. */
export function arbitraryRequest(
  methods: readonly (typeof METHODS)[number][],
  words: readonly string[],
): fc.Arbitrary<{ path: string; bytes: Uint8Array }> {
  return fc.constantFrom(...methods).chain(({ method, path }) =>
    arbitraryMessage(method.input, words).map((init) => ({
      path,
      bytes: toBinary(method.input, create(method.input, init)),
    })),
  );
}

function arbitraryMessage(
  desc: DescMessage,
  words: readonly string[],
  depth = 0,
): fc.Arbitrary<Record<string, unknown>> {
  const fields = desc.fields.filter((field) => depth < 4 || field.fieldKind === 'scalar');
  const shape = Object.fromEntries(
    fields.map((field) => [field.localName, arbitraryField(field, words, depth)]),
  );
  return fc.record(shape, { requiredKeys: [] });
}

function arbitraryField(field: DescField, words: readonly string[], depth: number): fc.Arbitrary<unknown> {
  if (field.fieldKind === 'map')
    return fc.dictionary(fc.constantFrom(...words), fc.constantFrom(...words), { maxKeys: 3 });
  if (field.fieldKind === 'message') return arbitraryMessage(field.message, words, depth + 1);
  if (field.fieldKind === 'enum') return fc.integer({ min: 0, max: 70 });
  if (field.fieldKind === 'scalar') return arbitraryScalar(field.scalar, words);
  const item =
    field.listKind === 'message'
      ? arbitraryMessage(field.message, words, depth + 1)
      : field.listKind === 'enum'
        ? fc.nat(9)
        : arbitraryScalar(field.scalar, words);
  return fc.array(item, { maxLength: 3 });
}

function arbitraryScalar(type: ScalarType, words: readonly string[]): fc.Arbitrary<unknown> {
  if (type === ScalarType.STRING) return fc.constantFrom(...words);
  if (type === ScalarType.BOOL) return fc.boolean();
  if (type === ScalarType.BYTES) return fc.uint8Array({ maxLength: 20 });
  if (type === ScalarType.INT64) return fc.constantFrom(0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n));
  if (type === ScalarType.UINT64) return fc.constantFrom(0n, 1n, 2n ** 64n - 1n);
  if (type === ScalarType.UINT32) return fc.constantFrom(0, 1, 2 ** 32 - 1);
  return fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31));
}
