import assert from 'node:assert/strict';
import test from 'node:test';
import type { ConfigMap, Container, Pod, Secret } from '../api/types.ts';
import { isPeapodError } from '../errors.ts';
import { parseResources } from '../resource-list.ts';
import { containerEnv, type EnvSources, envReferences } from './container-env.ts';

const POD: Pod = {
  metadata: { name: 'web', namespace: 'prod', labels: { app: 'shop' } },
  spec: { containers: [{ name: 'other', resources: { limits: { memory: '64Mi' } } }] },
  status: { podIP: '10.0.0.2' },
};
const CONFIG: ConfigMap = { data: { B: 'config', A: 'first', 'not=a=name': 'x', __proto: 'p' } };
const SECRET: Secret = { data: { PASSWORD: Buffer.from('s3cret').toString('base64') } };
const SOURCES: EnvSources = {
  configMap: (name) => (name === 'config' ? CONFIG : undefined),
  secret: (name) => (name === 'secret' ? SECRET : undefined),
  nodeAllocatable: parseResources({ cpu: '4', memory: '8Gi' }),
};

function envOf(container: Partial<Container>): Record<string, string> {
  return Object.fromEntries(containerEnv(POD, { name: 'main', ...container }, SOURCES).variables);
}

test('values come from fields, resources, ConfigMaps and Secrets', () => {
  const env = envOf({
    resources: { requests: { cpu: '250m' }, limits: { memory: '1Gi' } },
    env: [
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'requests.cpu' } } },
      { name: 'CPU_M', valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } } },
      { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
      { name: 'NODE_CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      {
        name: 'OTHER',
        valueFrom: { resourceFieldRef: { containerName: 'other', resource: 'limits.memory' } },
      },
      { name: 'B', valueFrom: { configMapKeyRef: { name: 'config', key: 'B' } } },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'secret', key: 'PASSWORD' } } },
    ],
  });
  assert.deepEqual(env, {
    NAME: 'web',
    APP: 'shop',
    IP: '10.0.0.2',
    CPU: '1',
    CPU_M: '250',
    MEM: '1024',
    NODE_CPU: '4',
    OTHER: '67108864',
    B: 'config',
    PASSWORD: 's3cret',
  });
});

test('env overrides envFrom, a later source an earlier one, and values use what stands before them', () => {
  const env = containerEnv(
    POD,
    {
      name: 'main',
      envFrom: [{ configMapRef: { name: 'config' } }, { prefix: 'P_', secretRef: { name: 'secret' } }],
      env: [
        { name: 'EARLY', value: '$(LATE)' },
        { name: 'B', value: 'mine' },
        { name: 'LATE', value: '$(A) $(B) $(P_PASSWORD) $$(B)' },
        { name: 'EMPTY' },
      ],
    },
    SOURCES,
  );
  assert.deepEqual(Object.fromEntries(env.variables), {
    A: 'first',
    B: 'mine',
    __proto: 'p',
    P_PASSWORD: 's3cret',
    EARLY: '$(LATE)',
    LATE: 'first mine s3cret $(B)',
    EMPTY: '',
  });
  assert.deepEqual(env.skipped, [{ kind: 'configMap', name: 'config', keys: ['not=a=name'] }]);
});

test('what is optional and missing sets nothing', () => {
  const env = envOf({
    envFrom: [
      { configMapRef: { name: 'none', optional: true } },
      { secretRef: { name: 'none', optional: true } },
    ],
    env: [
      { name: 'A', value: 'kept' },
      { name: 'A', valueFrom: { configMapKeyRef: { name: 'none', key: 'k', optional: true } } },
      { name: 'B', valueFrom: { secretKeyRef: { name: 'secret', key: 'nope', optional: true } } },
    ],
  });
  assert.deepEqual(env, { A: 'kept' });
});

const MISSING: [Partial<Container>, string][] = [
  [{ envFrom: [{ configMapRef: { name: 'none' } }] }, 'configmap "none" not found'],
  [{ envFrom: [{ secretRef: { name: 'none' } }] }, 'secret "none" not found'],
  [
    { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'none', key: 'k' } } }] },
    'configmap "none" not found',
  ],
  [
    { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'config', key: 'toString' } } }] },
    "couldn't find key toString in ConfigMap prod/config",
  ],
  [
    { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'secret', key: 'k' } } }] },
    "couldn't find key k in Secret prod/secret",
  ],
  [
    { env: [{ name: 'A', valueFrom: { resourceFieldRef: { containerName: 'x', resource: 'limits.cpu' } } }] },
    'container x not found',
  ],
];

for (const [container, message] of MISSING) {
  test(`what is missing is an error of configuration: ${message}`, () => {
    assert.throws(
      () => envOf(container),
      (error) => {
        assert.ok(isPeapodError(error, 'CreateContainerConfigError'));
        assert.equal(error.message, message);
        assert.match(error.hint ?? '', /^needed by main: env/);
        return true;
      },
    );
  });
}

test('the objects that an environment needs are known before it is made', () => {
  const { configMaps, secrets } = envReferences({
    name: 'c',
    envFrom: [{ configMapRef: { name: 'a' } }, { secretRef: { name: 'b' } }],
    env: [
      { name: 'X', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } },
      { name: 'Y', valueFrom: { secretKeyRef: { name: 'd', key: 'k' } } },
    ],
  });
  assert.deepEqual([...configMaps, ...secrets], ['a', 'c', 'b', 'd']);
});
