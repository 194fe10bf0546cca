import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { fieldsOf } from '../../model/structure.ts';
import { anyObject } from '../../model/testing/any-object.ts';
import type { ApiObject } from '../api-object.ts';
import { ALL_RESOURCES } from './all-resources.ts';
import { CONTEXT, NOW } from './testing/strategy.ts';

test('every kind has a type, a name of its own, and a column of names', () => {
  const paths = new Set<string>();
  for (const { group, version, plural, typeName, columns = [], verbs } of ALL_RESOURCES) {
    const path = `${group}/${version}/${plural}`;
    assert.ok(fieldsOf(typeName), `${path} has a type`);
    assert.ok(!paths.has(path), `${path} is there once`);
    paths.add(path);
    if (columns.length > 0)
      assert.equal(columns.filter(({ format }) => format === 'name').length, 1, `${path} shows names`);
    if (verbs === undefined) assert.ok(columns.length > 0, `${path} has columns`);
  }
});

for (const resource of ALL_RESOURCES) {
  const { group, version, plural, typeName, strategy, columns = [], selectableFields = {} } = resource;

  test(`${plural}.${version}.${group}: defaults are filled in once, and odd objects break no rule`, () => {
    fc.assert(
      fc.property(anyObject<ApiObject>(typeName), fc.nat(), (whole, seed) => {
        const object = seed % 2 === 0 ? whole : (withHoles(whole, seed) as ApiObject);
        const once = strategy.applyDefaults?.(structuredClone(object)) ?? object;
        const twice = strategy.applyDefaults?.(structuredClone(once)) ?? once;
        assert.deepEqual(twice, once);
        for (const { cell } of columns) cell(once, NOW);
        for (const field of Object.values(selectableFields)) assert.equal(typeof field(once), 'string');
        const stored = resource.toStored?.(once) ?? once;
        for (const { cell } of columns) cell(resource.fromStored?.(stored) ?? stored, NOW);
        strategy.gracePeriodSeconds?.(once, undefined);
        strategy.warnings?.(once);
        const next = structuredClone(once);
        strategy.prepareForCreate?.(next, CONTEXT);
        strategy.validateCreate(next, CONTEXT);
        strategy.prepareForUpdate?.(once, next, CONTEXT);
        strategy.validateUpdate(once, next, CONTEXT);
      }),
      { numRuns: 40 },
    );
  });
}

/** The same with a fifth of its fields left out, required ones too. */
function withHoles(value: unknown, seed: number, depth = 1): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withHoles(item, seed + index, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter((_, index) => (seed + index * 7 + depth * 3) % 5 !== 0);
  return Object.fromEntries(
    kept.map(([key, item], index) => [key, withHoles(item, seed + index, depth + 1)]),
  );
}
