/** What the verbs do to objects, spoken to as clients do. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiError } from '../../client/api-error.ts';
import { CONFIG_MAPS, LEASES, NAMESPACES, NODES, PODS } from '../../client/resource-types.ts';
import type { ConfigMap, Pod, Status } from '../../model/api/types.ts';
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
const fresh = (): string => `n${names++}`;

function configMap(name: string, more: Partial<ConfigMap> = {}): ConfigMap {
  return { metadata: { name, namespace: 'default' }, ...more };
}

function pod(name: string, more: Partial<Pod> = {}): Pod {
  return {
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'x:1' }] },
    ...more,
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

test('a new object gets its uid, time and version, and can be read back', async () => {
  const created = await api.client.create(CONFIG_MAPS, configMap(fresh(), { data: { a: '1' } }));
  assert.match(created.metadata?.uid ?? '', /^[0-9a-f-]{36}$/);
  assert.match(created.metadata?.creationTimestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual(await api.client.get(CONFIG_MAPS, 'default', created.metadata?.name ?? ''), created);
});

test('a name that is taken, generated or none', async () => {
  const name = fresh();
  await api.client.create(CONFIG_MAPS, configMap(name));
  const taken = await refused(api.client.create(CONFIG_MAPS, configMap(name)));
  assert.equal(taken.reason, 'AlreadyExists');
  assert.equal(taken.message, `configmaps "${name}" already exists`);
  assert.deepEqual(taken.details, { name, kind: 'configmaps' });
  const generated = await api.client.create(CONFIG_MAPS, {
    metadata: { generateName: 'g-', namespace: 'default' },
  });
  assert.match(generated.metadata?.name ?? '', /^g-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  const none = await refused(api.client.create(CONFIG_MAPS, { metadata: { namespace: 'default' } }));
  assert.equal(none.code, 422);
  assert.match(none.message ?? '', /metadata\.name: Required value: name or generateName is required/);
});

test('an update is refused when it is based on an old version, and taken when it says none', async () => {
  const name = fresh();
  const first = await api.client.create(CONFIG_MAPS, configMap(name));
  const second = await api.client.update(CONFIG_MAPS, { ...first, data: { a: '2' } });
  const conflict = await refused(api.client.update(CONFIG_MAPS, { ...first, data: { a: '3' } }));
  assert.equal(conflict.reason, 'Conflict');
  assert.match(
    conflict.message ?? '',
    /^Operation cannot be fulfilled on configmaps .* the object has been modified/,
  );
  const forced = await api.client.update(CONFIG_MAPS, configMap(name, { data: { a: '4' } }));
  assert.equal(forced.metadata?.uid, second.metadata?.uid);
  assert.notEqual(forced.metadata?.resourceVersion, second.metadata?.resourceVersion);
});

test('an update that changes nothing writes nothing', async () => {
  const first = await api.client.create(CONFIG_MAPS, configMap(fresh(), { data: { a: '1' } }));
  const again = await api.client.update(CONFIG_MAPS, first);
  assert.equal(again.metadata?.resourceVersion, first.metadata?.resourceVersion);
});

test('identity cannot be changed', async () => {
  const first = await api.client.create(CONFIG_MAPS, configMap(fresh()));
  const other = { ...first, metadata: { ...first.metadata, uid: 'another' } };
  assert.equal((await refused(api.client.update(CONFIG_MAPS, other))).reason, 'Conflict');
  const older = { ...first, metadata: { ...first.metadata, creationTimestamp: '2001-01-01T00:00:00Z' } };
  assert.match(
    (await refused(api.client.update(CONFIG_MAPS, older))).message ?? '',
    /metadata\.creationTimestamp: Invalid value: .*field is immutable/,
  );
});

test('concurrent writers without a version all get through, one after the other', async () => {
  const name = fresh();
  await api.client.create(CONFIG_MAPS, configMap(name));
  const writers = Array.from({ length: 20 }, (_, index) =>
    api.client.patch(CONFIG_MAPS, 'default', name, 'merge', { data: { [`k${index}`]: 'x' } }),
  );
  await Promise.all(writers);
  const { data = {} } = await api.client.get(CONFIG_MAPS, 'default', name);
  assert.equal(Object.keys(data).length, 20);
});

test('the generation counts what is wanted, not the status', async () => {
  const name = fresh();
  const created = await api.client.create(PODS, pod(name));
  assert.equal(created.metadata?.generation, 1);
  assert.equal(created.status?.phase, 'Pending');
  const status = { phase: 'Running', podIP: '10.0.0.1' };
  const observed = await api.client.patch(
    PODS,
    'default',
    name,
    'merge',
    { status },
    { subresource: 'status' },
  );
  assert.equal(observed.metadata?.generation, 1);
  assert.equal(observed.status?.podIP, '10.0.0.1');
  const image = {
    spec: { containers: [{ ...created.spec?.containers[0], image: 'x:2' }] },
    status: { phase: 'Failed' },
  };
  const changed = await api.client.patch(PODS, 'default', name, 'merge', image);
  assert.equal(changed.metadata?.generation, 2);
  assert.equal(changed.status?.phase, 'Running');
});

test('a write of the status leaves the rest alone', async () => {
  const name = fresh();
  await api.client.create(PODS, pod(name));
  const patch = { metadata: { labels: { a: 'b' } }, spec: { nodeName: 'n' }, status: { phase: 'Running' } };
  const written = await api.client.patch(PODS, 'default', name, 'merge', patch, { subresource: 'status' });
  assert.equal(written.spec?.nodeName, undefined);
  assert.equal(written.metadata?.labels, undefined);
  assert.equal(written.status?.phase, 'Running');
});

test('a finalizer keeps a deleted object until it is taken away', async () => {
  const name = fresh();
  await api.client.create(CONFIG_MAPS, {
    metadata: { name, namespace: 'default', finalizers: ['example.com/wait'] },
  });
  await api.client.delete(CONFIG_MAPS, 'default', name);
  const waiting = await api.client.get(CONFIG_MAPS, 'default', name);
  assert.notEqual(waiting.metadata?.deletionTimestamp, undefined);
  const added = await refused(
    api.client.patch(CONFIG_MAPS, 'default', name, 'merge', {
      metadata: { finalizers: ['example.com/wait', 'example.com/more'] },
    }),
  );
  assert.match(added.message ?? '', /no new finalizers can be added if the object is being deleted/);
  await api.client.patch(CONFIG_MAPS, 'default', name, 'merge', { metadata: { finalizers: null } });
  assert.equal(await api.client.find(CONFIG_MAPS, 'default', name), undefined);
});

test('a pod on a node is deleted in its grace period, which can only become shorter', async () => {
  const name = fresh();
  await api.client.create(
    PODS,
    pod(name, {
      spec: { nodeName: 'n1', terminationGracePeriodSeconds: 20, containers: [{ name: 'c', image: 'x' }] },
    }),
  );
  await api.client.delete(PODS, 'default', name);
  const first = await api.client.get(PODS, 'default', name);
  assert.equal(first.metadata?.deletionGracePeriodSeconds, 20);
  await api.client.delete(PODS, 'default', name, { gracePeriodSeconds: 60 });
  assert.equal((await api.client.get(PODS, 'default', name)).metadata?.deletionGracePeriodSeconds, 20);
  await api.client.delete(PODS, 'default', name, { gracePeriodSeconds: 5 });
  const second = await api.client.get(PODS, 'default', name);
  assert.equal(second.metadata?.deletionGracePeriodSeconds, 5);
  assert.ok((second.metadata?.deletionTimestamp ?? '') < (first.metadata?.deletionTimestamp ?? ''));
  await api.client.delete(PODS, 'default', name, { gracePeriodSeconds: 0 });
  assert.equal(await api.client.find(PODS, 'default', name), undefined);
});

test('a pod on no node goes at once', async () => {
  const name = fresh();
  await api.client.create(PODS, pod(name));
  await api.client.delete(PODS, 'default', name);
  assert.equal(await api.client.find(PODS, 'default', name), undefined);
});

test('preconditions of a deletion are heeded', async () => {
  const name = fresh();
  await api.client.create(CONFIG_MAPS, configMap(name));
  const wrong = await refused(
    api.client.delete(CONFIG_MAPS, 'default', name, { preconditions: { uid: 'another' } }),
  );
  assert.equal(wrong.reason, 'Conflict');
  assert.match(wrong.message ?? '', /Precondition failed: UID in precondition: another/);
});

test('nothing is written in a dry run', async () => {
  const name = fresh();
  const path = '/api/v1/namespaces/default/configmaps?dryRun=All';
  const dry = await api.client.raw<ConfigMap>('POST', path, { metadata: { name }, data: { a: '1' } });
  assert.equal(dry.data?.['a'], '1');
  assert.equal(await api.client.find(CONFIG_MAPS, 'default', name), undefined);
  await api.client.create(CONFIG_MAPS, { metadata: { name, namespace: 'default' } });
  const taken = await refused(api.client.raw('POST', path, { metadata: { name } }));
  assert.equal(taken.message, `configmaps "${name}" already exists`);
});

test('a namespace that is not there, and one that is going, take nothing', async () => {
  const missing = await refused(
    api.client.create(CONFIG_MAPS, { metadata: { name: 'a', namespace: 'nowhere' } }),
  );
  assert.equal(missing.message, 'namespaces "nowhere" not found');
  const name = fresh();
  await api.client.create(NAMESPACES, { metadata: { name } });
  await api.client.delete(NAMESPACES, '', name);
  const going = await refused(api.client.create(CONFIG_MAPS, { metadata: { name: 'a', namespace: name } }));
  assert.match(going.message ?? '', new RegExp(`because it is being terminated`));
  assert.equal(going.details?.causes?.[0]?.reason, 'NamespaceTerminating');
  const immortal = await refused(api.client.delete(NAMESPACES, '', 'default'));
  assert.match(immortal.message ?? '', /this namespace may not be deleted/);
});

test('a lease is created by an update, and never overwritten blindly', async () => {
  const name = fresh();
  const lease = { metadata: { name, namespace: 'default' }, spec: { holderIdentity: 'a' } };
  const created = await api.client.update(LEASES, lease);
  assert.notEqual(created.metadata?.uid, undefined);
  assert.match(
    (await refused(api.client.update(LEASES, lease))).message ?? '',
    /must be specified for an update/,
  );
  const patched = await api.client.patch(LEASES, 'default', name, 'merge', { spec: { holderIdentity: 'b' } });
  assert.equal(patched.spec?.holderIdentity, 'b');
});

test('a pod is bound once', async () => {
  const name = fresh();
  await api.client.create(PODS, pod(name));
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name },
    target: { kind: 'Node', name: 'n1' },
  };
  await api.client.post(PODS, 'default', name, 'binding', binding);
  const bound = await api.client.get(PODS, 'default', name);
  assert.equal(bound.spec?.nodeName, 'n1');
  assert.equal(bound.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.status, 'True');
  const again = await refused(api.client.post(PODS, 'default', name, 'binding', binding));
  assert.match(again.message ?? '', /is already assigned to node "n1"/);
});

test('bodies of the wrong kind, type or field are refused by name', async () => {
  const path = '/api/v1/namespaces/default/pods?fieldValidation=Strict';
  const kind = await refused(
    api.client.raw('POST', path, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a' } }),
  );
  assert.match(kind.message ?? '', /^Node in version "v1" cannot be handled as a Pod/);
  const unknown = await refused(
    api.client.raw('POST', path, { metadata: { name: 'a' }, spec: { foo: 1, containers: [] } }),
  );
  assert.match(unknown.message ?? '', /strict decoding error: unknown field "spec.foo"/);
  const wrong = await refused(
    api.client.raw('POST', path, { metadata: { name: 'a' }, spec: { containers: 'x' } }),
  );
  assert.match(wrong.message ?? '', /spec\.containers: must be a list/);
  const empty = await refused(
    api.client.raw('POST', path, { metadata: { name: 'a' }, spec: { containers: [] } }),
  );
  assert.equal(empty.reason, 'Invalid');
  assert.deepEqual(empty.details?.causes?.[0]?.field, 'spec.containers');
});

test('what is not served says so', async () => {
  assert.equal((await refused(api.client.raw('GET', '/api/v1/foos'))).code, 404);
  assert.equal((await refused(api.client.raw('GET', '/nothing'))).code, 404);
  assert.equal((await refused(api.client.raw('PUT', '/api/v1/namespaces/default/pods', {}))).code, 405);
  assert.equal((await refused(api.client.raw('POST', '/api/v1/pods', pod('x')))).code, 400);
});

test('a node is of the cluster, not of a namespace', async () => {
  const name = fresh();
  const wrong = await refused(api.client.create(NODES, { metadata: { name, namespace: 'default' } }));
  assert.match(wrong.message ?? '', /metadata\.namespace: Forbidden: not allowed on this type/);
});
