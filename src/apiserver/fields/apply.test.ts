/** Server-side apply and the owners of fields, spoken to as clients do. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiError } from '../../client/api-error.ts';
import { CONFIG_MAPS, DEPLOYMENTS, PODS } from '../../client/resource-types.ts';
import type { ConfigMap, Deployment, ManagedFieldsEntry, Pod, Status } from '../../model/api/types.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

let api: TestApi;
before(async () => {
  api = await startApi();
});
after(async () => {
  await api[Symbol.asyncDispose]();
  assert.deepEqual(api.bugs, []);
});

let names = 0;
const fresh = (): string => `a${names++}`;

function configMap(name: string, data: Record<string, string>): ConfigMap {
  return { metadata: { name, namespace: 'default' }, data };
}

function deployment(name: string, spec: Partial<Deployment['spec']> = {}): Deployment {
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 80 }] }] },
      },
      ...spec,
    },
  };
}

async function refused(work: Promise<unknown>): Promise<Status> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return error.status;
  }
  return assert.fail('not refused');
}

function fieldsOf(object: { metadata?: { managedFields?: ManagedFieldsEntry[] } }, manager: string): unknown {
  return object.metadata?.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;
}

test('what is applied is made, and its fields are the applier’s', async () => {
  const name = fresh();
  const made = await api.client.apply(DEPLOYMENTS, deployment(name), { manager: 'one' });
  assert.equal(made.spec?.replicas, 1, 'defaults are filled in');
  const [entry, ...others] = made.metadata?.managedFields ?? [];
  assert.deepEqual(others, []);
  assert.deepEqual(
    { ...entry, time: '' },
    {
      manager: 'one',
      operation: 'Apply',
      apiVersion: 'apps/v1',
      time: '',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:spec': {
          'f:selector': {},
          'f:template': {
            'f:metadata': { 'f:labels': { 'f:app': {} } },
            'f:spec': {
              'f:containers': {
                'k:{"name":"web"}': {
                  '.': {},
                  'f:image': {},
                  'f:name': {},
                  'f:ports': {
                    'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} },
                  },
                },
              },
            },
          },
        },
      },
    },
  );
  const again = await api.client.apply(DEPLOYMENTS, deployment(name), { manager: 'one' });
  assert.equal(again.metadata?.resourceVersion, made.metadata?.resourceVersion, 'the same again is no write');
});

test('a field that is no longer applied goes, unless somebody else owns it too', async () => {
  const name = fresh();
  await api.client.apply(CONFIG_MAPS, configMap(name, { a: '1', b: '1', c: '1' }), { manager: 'one' });
  await api.client.apply(CONFIG_MAPS, configMap(name, { b: '1' }), { manager: 'two' });
  const left = await api.client.apply(CONFIG_MAPS, configMap(name, { c: '1' }), { manager: 'one' });
  assert.deepEqual(left.data, { b: '1', c: '1' });
  assert.deepEqual(fieldsOf(left, 'one'), { 'f:data': { 'f:c': {} } });
  assert.deepEqual(fieldsOf(left, 'two'), { 'f:data': { 'f:b': {} } });
});

test('another owner’s field is a conflict, with all fields named, until it is forced', async () => {
  const name = fresh();
  await api.client.apply(DEPLOYMENTS, deployment(name, { replicas: 2 }), { manager: 'one' });
  const other = { manager: 'two' };
  const one = await refused(api.client.apply(DEPLOYMENTS, deployment(name, { replicas: 3 }), other));
  assert.equal(one.code, 409);
  assert.equal(one.message, 'Apply failed with 1 conflict: conflict with "one": .spec.replicas');
  assert.deepEqual(one.details?.causes, [
    { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.replicas' },
  ]);
  const two = deployment(name, { replicas: 3 });
  if (two.spec?.template.spec) two.spec.template.spec.containers = [{ name: 'web', image: 'web:2' }];
  const both = await refused(api.client.apply(DEPLOYMENTS, two, other));
  assert.equal(
    both.message,
    'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.replicas\n- .spec.template.spec.containers[name="web"].image',
  );
  const forced = await api.client.apply(DEPLOYMENTS, two, { ...other, force: true });
  assert.equal(forced.spec?.replicas, 3);
  assert.equal(JSON.stringify(fieldsOf(forced, 'one')).includes('f:replicas'), false);
  assert.equal(JSON.stringify(fieldsOf(forced, 'two')).includes('f:replicas'), true);
});

test('the same value may have several owners', async () => {
  const name = fresh();
  await api.client.apply(CONFIG_MAPS, configMap(name, { a: '1' }), { manager: 'one' });
  const shared = await api.client.apply(CONFIG_MAPS, configMap(name, { a: '1' }), { manager: 'two' });
  assert.deepEqual(fieldsOf(shared, 'one'), fieldsOf(shared, 'two'));
});

test('who updates a field takes it; an applier that says it meets a conflict', async () => {
  const name = fresh();
  await api.client.apply(DEPLOYMENTS, deployment(name, { replicas: 2 }), { manager: 'one' });
  const patched = await api.client.patch(DEPLOYMENTS, 'default', name, 'merge', { spec: { replicas: 5 } });
  const updater = patched.metadata?.managedFields?.find(({ operation }) => operation === 'Update');
  assert.deepEqual(updater?.fieldsV1, { 'f:spec': { 'f:replicas': {} } });
  const conflict = await refused(
    api.client.apply(DEPLOYMENTS, deployment(name, { replicas: 2 }), { manager: 'one' }),
  );
  assert.equal(
    conflict.message,
    `Apply failed with 1 conflict: conflict with ${JSON.stringify(updater?.manager)} using apps/v1: .spec.replicas`,
  );
  const given = await api.client.apply(DEPLOYMENTS, deployment(name), { manager: 'one' });
  assert.equal(given.spec?.replicas, 5, 'who no longer says it leaves it to its owner');
});

test('elements of lists are found by their keys, keep the order that is applied, and go by themselves', async () => {
  const name = fresh();
  const withContainers = (...containers: string[]): Deployment => {
    const made = deployment(name);
    if (made.spec?.template.spec)
      made.spec.template.spec.containers = containers.map((one) => ({ name: one, image: `${one}:1` }));
    return made;
  };
  const namesOf = ({ spec }: Deployment) =>
    spec?.template.spec?.containers.map((container) => container.name);
  await api.client.apply(DEPLOYMENTS, withContainers('a', 'b'), { manager: 'one' });
  const added = await api.client.apply(DEPLOYMENTS, withContainers('x'), { manager: 'two' });
  assert.deepEqual(namesOf(added)?.toSorted(), ['a', 'b', 'x']);
  const turned = await api.client.apply(DEPLOYMENTS, withContainers('b', 'a'), { manager: 'one' });
  assert.deepEqual(
    namesOf(turned)?.filter((one) => one !== 'x'),
    ['b', 'a'],
  );
  const dropped = await api.client.apply(DEPLOYMENTS, withContainers('b'), { manager: 'one' });
  assert.deepEqual(namesOf(dropped)?.toSorted(), ['b', 'x']);
});

test('finalizers are a set', async () => {
  const name = fresh();
  const withFinalizer = (finalizer: string): ConfigMap => ({
    metadata: { name, namespace: 'default', finalizers: [finalizer] },
  });
  await api.client.apply(CONFIG_MAPS, withFinalizer('example.com/a'), { manager: 'one' });
  const both = await api.client.apply(CONFIG_MAPS, withFinalizer('example.com/b'), { manager: 'two' });
  assert.deepEqual(both.metadata?.finalizers?.toSorted(), ['example.com/a', 'example.com/b']);
  const one = await api.client.apply(
    CONFIG_MAPS,
    { metadata: { name, namespace: 'default' } },
    { manager: 'one' },
  );
  assert.deepEqual(one.metadata?.finalizers, ['example.com/b']);
});

test('the status belongs to who writes the status', async () => {
  const name = fresh();
  const spec = { containers: [{ name: 'c', image: 'x:1' }] };
  const made = await api.client.create(PODS, { metadata: { name, namespace: 'default' }, spec });
  const [entry] = made.metadata?.managedFields ?? [];
  assert.equal(entry?.operation, 'Update');
  assert.deepEqual(
    (entry?.fieldsV1 as { 'f:spec'?: { 'f:containers': object } } | undefined)?.['f:spec']?.['f:containers'],
    {
      'k:{"name":"c"}': {
        '.': {},
        'f:image': {},
        'f:imagePullPolicy': {},
        'f:name': {},
        'f:resources': {},
        'f:terminationMessagePath': {},
        'f:terminationMessagePolicy': {},
      },
    },
    'as kube-apiserver notes it',
  );
  const status = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  const reported = await api.client.patch(PODS, 'default', name, 'strategic', status, {
    subresource: 'status',
  });
  const owner = reported.metadata?.managedFields?.find(({ subresource }) => subresource === 'status');
  assert.deepEqual(owner?.fieldsV1, {
    'f:status': {
      'f:conditions': { '.': {}, 'k:{"type":"Ready"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
    },
  });
});

test('what nobody was noted for belongs to those before the first apply', async () => {
  const name = fresh();
  await api.client.create(CONFIG_MAPS, configMap(name, { a: '1' }));
  const reset = { metadata: { managedFields: [{}] } };
  const bare = await api.client.patch(CONFIG_MAPS, 'default', name, 'merge', reset);
  assert.equal(bare.metadata?.managedFields, undefined);
  const conflict = await refused(
    api.client.apply(CONFIG_MAPS, configMap(name, { a: '2' }), { manager: 'one' }),
  );
  assert.match(conflict.message ?? '', /conflict with "before-first-apply" using v1: \.data\.a$/);
});

test('who does not send the owners back does not take them away', async () => {
  const name = fresh();
  const made = await api.client.apply(CONFIG_MAPS, configMap(name, { a: '1' }), { manager: 'one' });
  const { managedFields: _, ...metadata } = made.metadata ?? {};
  const updated = await api.client.update(CONFIG_MAPS, { ...made, metadata, data: { a: '1', b: '2' } });
  assert.deepEqual(fieldsOf(updated, 'one'), { 'f:data': { 'f:a': {} } });
});

test('what cannot be applied is refused with its reason', async () => {
  const send = (manager: string, body: object) => {
    const whole = { metadata: { name: fresh(), namespace: 'default' }, ...body };
    return refused(api.client.apply(CONFIG_MAPS, whole, { manager }));
  };
  const noManager = await send('', {});
  assert.equal(noManager.code, 422);
  assert.match(noManager.message ?? '', /fieldManager: Required value: is required for apply patch/);
  const unknown = await send('one', { dada: {} });
  assert.equal(unknown.code, 400);
  assert.match(
    unknown.message ?? '',
    /failed to create typed patch object .*\.dada: field not declared in schema/,
  );
  const owners = await send('one', {
    metadata: { name: 'x', namespace: 'default', managedFields: [{ manager: 'x' }] },
  });
  assert.match(owners.message ?? '', /managedFields must be nil/);
  const pod: Pod = {
    metadata: { name: fresh(), namespace: 'default' },
    spec: { containers: [{ name: 'a' }, { name: 'a' }] },
  };
  const twice = await refused(api.client.apply(PODS, pod, { manager: 'one' }));
  assert.match(twice.message ?? '', /duplicate entries for key \{"name":"a"\}/);
});

test('a uid says that the object is there: none is made', async () => {
  const conflict = await refused(
    api.client.apply(
      CONFIG_MAPS,
      { metadata: { name: fresh(), namespace: 'default', uid: 'another' }, data: {} },
      { manager: 'one' },
    ),
  );
  assert.equal(conflict.reason, 'NotFound');
});
