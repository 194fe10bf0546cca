import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { fillZeroValues } from '../../model/defaults/zero-values.ts';
import type { ApiObject } from '../api-object.ts';
import { fitType } from '../decode/fit-type.ts';
import { ALL_RESOURCES } from '../resources/all-resources.ts';
import { type Manager, writeManagedFields } from './managed-fields.ts';
import { newObjectFields, newSpecFields } from './new-object-fields.ts';
import { ownersAfterUpdate } from './owned-fields.ts';

const writer: Manager = { manager: 'm', operation: 'Update', subresource: '', apiVersion: 'v1' };

const container = fc.record(
  {
    name: fc.constantFrom('a', 'b', 'c'),
    image: fc.string(),
    env: fc.uniqueArray(fc.record({ name: fc.constantFrom('X', 'Y'), value: fc.string() }), {
      selector: ({ name }) => name,
    }),
    ports: fc.array(fc.record({ containerPort: fc.integer({ min: 1, max: 9 }) }), { maxLength: 1 }),
    resources: fc.constantFrom({}, { limits: { cpu: '1' } }),
  },
  { requiredKeys: ['name'] },
);
const object = fc.record(
  {
    metadata: fc.record(
      {
        name: fc.constant('n'),
        uid: fc.constant('u'),
        labels: fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
        finalizers: fc.uniqueArray(fc.constantFrom('x/y', 'a/b')),
        ownerReferences: fc.constantFrom([], [{ apiVersion: 'v1', kind: 'K', name: 'o', uid: '1' }]),
      },
      { requiredKeys: [] },
    ),
    spec: fc.record(
      {
        replicas: fc.nat(),
        containers: fc.uniqueArray(container, { selector: ({ name }) => name }),
        nodeSelector: fc.dictionary(fc.constantFrom('k', '__proto__'), fc.string()),
        template: fc.record({ spec: fc.record({ containers: fc.array(container, { maxLength: 1 }) }) }),
        securityContext: fc.constant({}),
      },
      { requiredKeys: [] },
    ),
    data: fc.dictionary(fc.string(), fc.string()),
    status: fc.constant({ phase: 'Pending' }),
  },
  { requiredKeys: ['metadata'] },
);

test('what the maker of an object owns is what the general way comes to, for every kind', () => {
  for (const resource of ALL_RESOURCES) {
    fc.assert(
      fc.property(object, (made) => {
        const full: ApiObject = structuredClone({
          apiVersion: 'v1',
          kind: resource.kind,
          ...(made as object),
        });
        const fitted: ApiObject = fitType(full, resource.typeName).value;
        fillZeroValues(fitted, resource.typeName);
        const owners = ownersAfterUpdate(new Map(), undefined, fitted, { resource, writer, now: 't' });
        const expected = writeManagedFields(owners)[0]?.fieldsV1;
        // The order of the keys counts too: it is what clients see.
        assert.equal(newObjectFields(fitted, resource), JSON.stringify(expected));
        const known = newSpecFields(fitted['spec'], resource);
        assert.equal(newObjectFields(fitted, resource, known), JSON.stringify(expected));
      }),
      { numRuns: 30 },
    );
  }
});
