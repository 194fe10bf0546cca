import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Container, Pod, PodSpec } from './api/types.ts';
import { podLimits, podRequests } from './pod-requests.ts';
import { formatResources } from './resource-list.ts';

type Resources = Record<string, string>;

function container(requests: Resources, limits?: Resources): Container {
  return { name: 'c', resources: { requests, ...(limits ? { limits } : {}) } };
}

function cpu(amount: number | string): Container {
  return container({ cpu: String(amount) });
}

function sidecar(inner: Container): Container {
  return { ...inner, restartPolicy: 'Always' };
}

function requestsOf(spec: PodSpec): Resources {
  return formatResources(podRequests({ spec }));
}

const REQUESTS: Record<string, [PodSpec, Resources]> = {
  'the containers are summed up': [{ containers: [cpu(1), cpu('500m')] }, { cpu: '1500m' }],
  'a larger init container wins': [{ initContainers: [cpu(4)], containers: [cpu(1)] }, { cpu: '4' }],
  'a smaller init container does not': [{ initContainers: [cpu(1)], containers: [cpu(2)] }, { cpu: '2' }],
  'init containers run one after another': [
    { initContainers: [cpu(2), cpu(2)], containers: [cpu(1)] },
    { cpu: '2' },
  ],
  'sidecars run beside the containers': [
    { initContainers: [sidecar(cpu(1)), sidecar(cpu(2)), sidecar(cpu(3)), cpu(5)], containers: [cpu(1)] },
    { cpu: '11' },
  ],
  'sidecars 1, 2, 3 after init 5 need no more than they sum up to': [
    { initContainers: [cpu(5), sidecar(cpu(1)), sidecar(cpu(2)), sidecar(cpu(3))], containers: [cpu(1)] },
    { cpu: '7' },
  ],
  'an init container runs with the sidecars before it': [
    {
      initContainers: [cpu(5), sidecar(cpu(1)), sidecar(cpu(2)), cpu(5), sidecar(cpu(3))],
      containers: [cpu(1)],
    },
    { cpu: '8' },
  ],
  'sidecar 10 with init 200 beats the containers': [
    { initContainers: [sidecar(cpu(10)), cpu(200)], containers: [cpu(100)] },
    { cpu: '210' },
  ],
  'each resource is looked at by itself': [
    {
      initContainers: [
        sidecar(container({ memory: '5Mi', cpu: '4m' })),
        container({ memory: '6Mi', cpu: '8m' }),
      ],
      containers: [container({ memory: '3Mi', cpu: '2m' })],
    },
    { memory: '11Mi', cpu: '12m' },
  ],
  'pod-level requests replace the sum': [
    {
      resources: { requests: { memory: '15Mi', cpu: '18m' } },
      containers: [container({ memory: '3Mi', cpu: '2m' })],
    },
    { memory: '15Mi', cpu: '18m' },
  ],
  'pod-level memory stands beside the containers cpu': [
    { resources: { requests: { memory: '15Mi' } }, containers: [cpu('2m')] },
    { memory: '15Mi', cpu: '2m' },
  ],
  'what a pod cannot have of its own is ignored': [
    { resources: { requests: { storage: '1Gi' } }, containers: [cpu(1)] },
    { cpu: '1' },
  ],
  'huge pages of the pod stand beside those of a container': [
    {
      resources: { requests: { 'hugepages-2Mi': '4Mi' } },
      containers: [container({ 'hugepages-1Gi': '1Gi' })],
    },
    { 'hugepages-2Mi': '4Mi', 'hugepages-1Gi': '1Gi' },
  ],
  'the overhead is added': [{ overhead: { cpu: '5' }, containers: [cpu(1)] }, { cpu: '6' }],
  'the overhead is added to pod-level requests too': [
    { overhead: { cpu: '5' }, resources: { requests: { cpu: '2' } }, containers: [cpu(1)] },
    { cpu: '7' },
  ],
  'a limit is no request': [{ containers: [container({}, { cpu: '1' })] }, {}],
};

for (const [name, [spec, expected]] of Object.entries(REQUESTS)) {
  test(`requests: ${name}`, () => assert.deepEqual(requestsOf(spec), expected));
}

test('limits take the overhead only where there is a limit', () => {
  const pod: Pod = {
    spec: { overhead: { cpu: '1', memory: '1Mi' }, containers: [container({}, { cpu: '2' })] },
  };
  assert.deepEqual(formatResources(podLimits(pod)), { cpu: '3' });
  assert.deepEqual(formatResources(podLimits(pod, { overhead: false })), { cpu: '2' });
});

test('pod-level limits replace the sum of the containers limits', () => {
  const pod: Pod = {
    spec: { resources: { limits: { cpu: '2' } }, containers: [container({}, { cpu: '1', memory: '1Mi' })] },
  };
  assert.deepEqual(formatResources(podLimits(pod)), { cpu: '2', memory: '1Mi' });
  assert.deepEqual(formatResources(podLimits(pod, { podLevel: false })), { cpu: '1', memory: '1Mi' });
});

/** A pod whose containers ask for, and have, that many CPUs. */
function resized(containers: [asked: number, has: number][], reason?: string): Pod {
  return {
    spec: { containers: containers.map(([asked], index) => ({ ...cpu(asked), name: `c${index}` })) },
    status: {
      containerStatuses: containers.map(([, has], index) => ({
        name: `c${index}`,
        image: '',
        imageID: '',
        ready: true,
        restartCount: 0,
        allocatedResources: { cpu: String(has) },
        resources: { requests: { cpu: String(has) } },
      })),
      conditions: reason ? [{ type: 'PodResizePending', status: 'True', reason }] : [],
    },
  };
}

test('a pod that is resized counts with the larger of what it asks for and what it has', () => {
  const cases: [Pod, string][] = [
    [resized([[4, 2]]), '4'],
    [resized([[2, 4]]), '4'],
    [resized([[4, 2]], 'Deferred'), '4'],
    [resized([[4, 2]], 'Infeasible'), '2'],
    // The largest sum, not the sum of the largest.
    [
      resized([
        [1, 2],
        [2, 1],
      ]),
      '3',
    ],
  ];
  for (const [pod, amount] of cases) {
    assert.deepEqual(formatResources(podRequests(pod, { granted: true })), { cpu: amount });
  }
  assert.deepEqual(formatResources(podRequests(resized([[2, 4]]))), { cpu: '2' });
});

const milli = fc.integer({ min: 0, max: 100_000 });

test('requests agree with the definition, and adding a container never lowers them', () => {
  const init = fc.record({ amount: milli, sidecar: fc.boolean() });
  fc.assert(
    fc.property(fc.array(milli, { minLength: 1 }), fc.array(init), milli, (app, inits, more) => {
      const initContainers = inits.map(({ amount, sidecar: isSidecar }) =>
        isSidecar ? sidecar(cpu(`${amount}m`)) : cpu(`${amount}m`),
      );
      const containers = app.map((amount) => cpu(`${amount}m`));
      const sidecarSum = inits.reduce((sum, one) => sum + (one.sidecar ? one.amount : 0), 0);
      const phases = inits.map((one, index) => {
        const before = inits
          .slice(0, index)
          .reduce((sum, other) => sum + (other.sidecar ? other.amount : 0), 0);
        return one.amount + before;
      });
      const expected = Math.max(app.reduce((sum, amount) => sum + amount, 0) + sidecarSum, ...phases);
      const actual = podRequests({ spec: { containers, initContainers } }).get('cpu');
      assert.equal(actual?.nano, BigInt(expected) * 1_000_000n);
      const larger = podRequests({ spec: { containers: [...containers, cpu(`${more}m`)], initContainers } });
      assert.ok((larger.get('cpu')?.nano ?? 0n) >= (actual?.nano ?? 0n));
    }),
  );
});
