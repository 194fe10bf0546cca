import assert from 'node:assert/strict';
import test from 'node:test';
import type { Container, Pod, PodSpec } from '../api/types.ts';
import { defaultImagePullPolicy } from './default-image-pull-policy.ts';
import { defaultPod, initialPodStatus } from './default-pod.ts';

function defaultedSpec(spec: Partial<PodSpec>): PodSpec {
  return defaultPod({ metadata: { name: 'x' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } })
    .spec;
}

function defaultedContainer(container: Partial<Container>): Container {
  const spec = defaultedSpec({ containers: [{ name: 'c', image: 'i', ...container }] });
  assert.ok(spec.containers[0]);
  return spec.containers[0];
}

test('a bare pod gets what every pod has', () => {
  const pod = defaultPod({ metadata: { name: 'x' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  assert.deepEqual(pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x', namespace: 'default' },
    spec: {
      containers: [
        {
          name: 'c',
          image: 'i',
          imagePullPolicy: 'Always',
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          resources: {},
        },
      ],
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      schedulerName: 'default-scheduler',
      enableServiceLinks: true,
      securityContext: {},
    },
  });
  assert.deepEqual(initialPodStatus(pod), { phase: 'Pending', qosClass: 'BestEffort' });
});

test('the pull policy follows the tag', () => {
  const cases: Record<string, string> = {
    busybox: 'Always',
    'busybox:latest': 'Always',
    'busybox:1.36': 'IfNotPresent',
    'localhost:5000/busybox': 'Always',
    'localhost:5000/busybox:1': 'IfNotPresent',
    'busybox@sha256:00': 'IfNotPresent',
    'busybox:latest@sha256:00': 'Always',
    '': 'IfNotPresent',
  };
  for (const [image, policy] of Object.entries(cases))
    assert.equal(defaultImagePullPolicy(image), policy, image);
});

test('requests that are not said are the limits', () => {
  const { resources } = defaultedContainer({
    resources: { limits: { cpu: '0.5', memory: '1Gi' }, requests: { cpu: '0.1' } },
  });
  assert.deepEqual(resources, {
    limits: { cpu: '500m', memory: '1Gi' },
    requests: { cpu: '100m', memory: '1Gi' },
  });
});

test('pod-level requests are the containers, or else the pod limits', () => {
  const { resources } = defaultedSpec({
    resources: { limits: { cpu: '2', memory: '2Gi' } },
    containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }],
  });
  assert.deepEqual(resources?.requests, { cpu: '1', memory: '2Gi' });
});

test('probes get their numbers, and HTTP gets its path and scheme', () => {
  const container = defaultedContainer({
    livenessProbe: { httpGet: { port: 80 }, periodSeconds: 3 },
    readinessProbe: { grpc: { port: 81 } },
    lifecycle: { preStop: { httpGet: { port: 80 } } },
  });
  assert.deepEqual(container.livenessProbe, {
    httpGet: { port: 80, path: '/', scheme: 'HTTP' },
    periodSeconds: 3,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 3,
  });
  assert.equal(container.readinessProbe?.grpc?.service, '');
  assert.deepEqual(container.lifecycle?.preStop?.httpGet, { port: 80, path: '/', scheme: 'HTTP' });
});

test("ports speak TCP, and on the node's network they are the node's ports", () => {
  const ports = [{ containerPort: 80 }];
  assert.deepEqual(defaultedContainer({ ports }).ports, [{ containerPort: 80, protocol: 'TCP' }]);
  const onNode = defaultedSpec({ hostNetwork: true, containers: [{ name: 'c', ports }] });
  assert.equal(onNode.containers[0]?.ports?.[0]?.hostPort, 80);
});

test('volumes get their modes, and one without a source is an emptyDir', () => {
  const spec = defaultedSpec({
    volumes: [
      { name: 'a' },
      { name: 'b', configMap: { name: 'x' } },
      { name: 'c', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
      { name: 'd', hostPath: { path: '/x' } },
      { name: 'e', downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } },
      { name: 'f', image: { reference: 'x:1' } },
    ],
  });
  assert.deepEqual(spec.volumes, [
    { name: 'a', emptyDir: {} },
    { name: 'b', configMap: { name: 'x', defaultMode: 420 } },
    {
      name: 'c',
      projected: {
        sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }],
        defaultMode: 420,
      },
    },
    { name: 'd', hostPath: { path: '/x', type: '' } },
    {
      name: 'e',
      downwardAPI: {
        defaultMode: 420,
        items: [{ path: 'n', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } }],
      },
    },
    { name: 'f', image: { reference: 'x:1', pullPolicy: 'IfNotPresent' } },
  ]);
});

test('defaulting leaves its argument alone and is idempotent', () => {
  const pod: Pod = {
    metadata: { name: 'x' },
    spec: {
      hostNetwork: true,
      resources: { limits: { memory: '1Gi', 'hugepages-2Mi': '2Mi' } },
      containers: [
        { name: 'c', image: 'i', ports: [{ containerPort: 1 }], resources: { limits: { cpu: '1e3' } } },
      ],
      ephemeralContainers: [{ name: 'd', image: 'e:1' }],
      volumes: [{ name: 'a' }],
    },
  };
  const before = structuredClone(pod);
  const once = defaultPod(pod);
  assert.deepEqual(pod, before);
  assert.deepEqual(defaultPod(once), once);
});
