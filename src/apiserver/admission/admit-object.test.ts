import assert from 'node:assert/strict';
import test from 'node:test';
import type { PersistentVolumeClaim, Pod } from '../../model/api/types.ts';
import type { ApiObject } from '../api-object.ts';
import type { Resource } from '../resource.ts';
import { persistentVolumeClaims } from '../resources/persistent-volume-claims.ts';
import { pods } from '../resources/pods.ts';
import { priorityClasses } from '../resources/priority-classes.ts';
import { storageClasses } from '../resources/storage-classes.ts';
import { admitObject, type PresentObjects } from './admit-object.ts';

const OBJECTS: Record<string, ApiObject> = {
  '/serviceaccounts/default/default': { metadata: { name: 'default' } },
  '/limitranges/default/l': { spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '1' } }] } },
  '/limitranges/other/l': { spec: { limits: [{ type: 'Container', min: { cpu: '9' } }] } },
  [`/${priorityClasses.storedAs}/usual`]: { metadata: { name: 'usual' }, value: 3, globalDefault: true },
  [`/${storageClasses.storedAs}/local`]: {
    metadata: { name: 'local', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  },
};

const PRESENT: PresentObjects = {
  get: (key) => (OBJECTS[key] === undefined ? undefined : { object: OBJECTS[key] }),
  list: (folder, prefix) =>
    Object.entries(OBJECTS)
      .filter(([key]) => key.startsWith(`/${folder}/`) && key.startsWith(prefix))
      .map(([, object]) => ({ object })),
};

function admitted(
  resource: Resource,
  object: ApiObject,
  operation: 'CREATE' | 'UPDATE' = 'CREATE',
): ApiObject {
  const scope = { resource, namespace: 'default' };
  admitObject(PRESENT, { operation, scope, subresource: '', object }, 'abcde');
  return object;
}

test('a new pod finds what its namespace has for it', () => {
  const { spec } = admitted(pods, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  }) as Pod;
  assert.equal(spec?.serviceAccountName, 'default');
  assert.equal(spec?.priority, 3);
  assert.deepEqual(spec?.containers[0]?.resources, { requests: { cpu: '1' } });
});

test('a new claim gets the default class, an old one does not', () => {
  const claim = (): ApiObject => ({ metadata: { name: 'data' }, spec: {} });
  const made = admitted(persistentVolumeClaims, claim()) as PersistentVolumeClaim;
  assert.equal(made.spec?.storageClassName, 'local');
  assert.deepEqual(admitted(persistentVolumeClaims, claim(), 'UPDATE'), claim());
});
