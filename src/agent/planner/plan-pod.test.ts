import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, PodSpec } from '../../model/api/types.ts';
import type { ContainerStatus as RuntimeContainer, PodSandboxStatus } from '../../runtime/pod-runtime.ts';
import { fakeImage } from '../../runtime/testing/fake-image.ts';
import { PodMemory } from '../pod-memory.ts';
import { container } from '../testing/fake-node.ts';
import { type Action, actionKey } from './action.ts';
import type { PlanInput } from './plan-input.ts';
import { planPod } from './plan-pod.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const SANDBOX: PodSandboxStatus = {
  id: 's0',
  metadata: { name: 'web', namespace: 'default', uid: 'u1', attempt: 0 },
  state: 'SANDBOX_READY',
  createdAt: NOW,
  ips: ['10.0.0.2'],
  pid: 1,
  labels: {},
  annotations: {},
  namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
  cgroupParent: '',
  runtimeHandler: '',
};

function instance(
  name: string,
  rest: Partial<RuntimeContainer> & { attempt?: number } = {},
): RuntimeContainer {
  const { attempt = 0, ...own } = rest;
  return {
    id: `${name}-${attempt}`,
    sandboxId: 's0',
    metadata: { name, attempt },
    state: 'CONTAINER_RUNNING',
    createdAt: NOW + attempt,
    startedAt: NOW,
    finishedAt: 0,
    exitCode: 0,
    reason: '',
    message: '',
    image: '',
    userImage: '',
    imageRef: '',
    labels: {},
    annotations: {},
    mounts: [],
    logPath: '',
    pid: 1,
    // What a container without requests and limits is given.
    resources: { cpuShares: 2 },
    user: { uid: 0, gid: 0, supplementalGroups: [] },
    stopSignal: '',
    ...own,
  };
}

interface Case {
  name: string;
  spec?: Partial<PodSpec>;
  pod?: Pick<Pod, 'metadata' | 'status'>;
  sandbox?: Partial<PodSandboxStatus> | 'none';
  containers?: RuntimeContainer[];
  memory?: (memory: PodMemory) => void;
  busy?: Action[];
  expected: Partial<Action>[];
  aborts?: string[];
  wakeAt?: number;
}

const ENDED = { state: 'CONTAINER_EXITED', finishedAt: NOW } as const;
const BACKOFF = { 'peapod.dev/restart-backoff': JSON.stringify({ delayMs: 10_000, updatedAt: NOW - 5 }) };

const CASES: Case[] = [
  {
    name: 'a new pod gets its cgroup, volumes and images at the same time',
    sandbox: 'none',
    memory: (memory) => {
      memory.cgroup = { state: 'pending' };
      memory.volumes = { state: 'pending' };
      memory.images.clear();
    },
    expected: [{ type: 'ensure-cgroup' }, { type: 'set-up-volumes' }, { type: 'resolve-image' }],
  },
  {
    name: 'the sandbox is made while volumes are, and no container before both are there',
    sandbox: 'none',
    memory: (memory) => {
      memory.volumes = { state: 'pending' };
    },
    expected: [{ type: 'set-up-volumes' }, { type: 'run-sandbox', attempt: 0, replaces: [] }],
  },
  {
    name: 'no container is started before the volumes are there',
    memory: (memory) => {
      memory.volumes = { state: 'pending' };
    },
    busy: [{ type: 'set-up-volumes' }],
    expected: [],
  },
  {
    name: 'where volumes cannot be had no sandbox is made',
    sandbox: 'none',
    memory: (memory) => {
      memory.volumes = { state: 'failed', reason: 'FailedMount', message: '', retryAt: NOW + 500 };
    },
    expected: [],
    wakeAt: NOW + 500,
  },
  {
    name: 'a dead sandbox is replaced by one with the next attempt',
    sandbox: { state: 'SANDBOX_NOTREADY' },
    expected: [{ type: 'run-sandbox', attempt: 1, replaces: ['s0'] }],
  },
  {
    name: 'a dead sandbox is not replaced under restartPolicy Never when there has been a container',
    spec: { restartPolicy: 'Never', initContainers: [{ name: 'init' }] },
    sandbox: { state: 'SANDBOX_NOTREADY' },
    containers: [instance('init', ENDED)],
    expected: [],
  },
  {
    name: 'it is when there has been none',
    spec: { restartPolicy: 'Never' },
    sandbox: { state: 'SANDBOX_NOTREADY' },
    expected: [{ type: 'run-sandbox', attempt: 1, replaces: ['s0'] }],
  },
  {
    name: 'what succeeded under OnFailure needs no new sandbox',
    spec: { restartPolicy: 'OnFailure' },
    sandbox: { state: 'SANDBOX_NOTREADY' },
    containers: [instance('main', ENDED)],
    expected: [{ type: 'tear-down' }],
  },
  {
    name: 'a container that was made and not started is started, not made again',
    containers: [instance('main', { state: 'CONTAINER_CREATED', attempt: 3 })],
    expected: [{ type: 'start-container', attempt: 3 }],
  },
  {
    name: 'what is under way is not begun again',
    busy: [{ type: 'start-container', container: 'main', sandboxId: 's0', attempt: 0, backoff: undefined }],
    expected: [],
  },
  {
    name: 'the first restart does not wait',
    containers: [instance('main', { ...ENDED, exitCode: 1 })],
    expected: [{ type: 'start-container', attempt: 1, backoff: { delayMs: 10_000, updatedAt: NOW } }],
  },
  {
    name: 'the second restart waits 10 seconds',
    containers: [instance('main', { ...ENDED, exitCode: 1, attempt: 1, annotations: BACKOFF })],
    expected: [],
    wakeAt: NOW + 10_000,
  },
  {
    name: 'OnFailure does not restart what succeeded: the pod is done',
    spec: { restartPolicy: 'OnFailure' },
    containers: [instance('main', ENDED)],
    expected: [{ type: 'tear-down' }],
  },
  {
    name: 'restartPolicyRules restart where the policy would not',
    spec: {
      containers: [
        container('main', {
          restartPolicy: 'Never',
          restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
        }),
      ],
    },
    containers: [instance('main', { ...ENDED, exitCode: 42 })],
    expected: [{ type: 'start-container', attempt: 1 }],
  },
  {
    name: 'a pod that was lost from the node goes on counting its restarts',
    pod: {
      status: {
        containerStatuses: [
          { name: 'main', image: '', imageID: '', ready: true, restartCount: 4, containerID: 'peapod://x' },
        ],
      },
    },
    expected: [{ type: 'start-container', attempt: 5 }],
  },
  {
    name: 'deletion aborts what is being made',
    pod: { metadata: { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 } },
    busy: [{ type: 'resolve-image', container: 'main' }],
    expected: [],
    aborts: ['image/main'],
  },
  {
    name: 'the preStop hook comes before the stop signal',
    spec: { containers: [container('main', { lifecycle: { preStop: { sleep: { seconds: 1 } } } })] },
    pod: { metadata: { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 } },
    containers: [instance('main')],
    expected: [{ type: 'run-pre-stop', killAt: NOW + 30_000 }],
  },
  {
    name: 'a stop that takes too long for a shorter grace period is interrupted',
    pod: { metadata: { deletionTimestamp: '2026-01-01T00:00:05Z', deletionGracePeriodSeconds: 5 } },
    containers: [instance('main')],
    busy: [
      {
        type: 'stop-container',
        container: 'main',
        containerId: 'main-0',
        message: '',
        killAt: NOW + 30_000,
        timeoutMs: 30_000,
      },
    ],
    expected: [],
    aborts: ['container/main'],
  },
  {
    name: 'the object goes last',
    pod: { metadata: { deletionTimestamp: '2026-01-01T00:00:30Z' } },
    containers: [instance('main', ENDED)],
    memory: (memory) => {
      memory.teardown = { state: 'done' };
    },
    expected: [{ type: 'remove-pod' }],
  },
  {
    name: 'volumes that may have changed are brought up to date',
    containers: [instance('main')],
    memory: (memory) => {
      memory.volumesStaleAt = NOW;
    },
    expected: [{ type: 'set-up-volumes' }],
  },
];

for (const { name, expected, aborts = [], wakeAt, ...rest } of CASES) {
  test(name, () => {
    const plan = planPod(inputOf(rest));
    assert.equal(plan.actions.length, expected.length, JSON.stringify(plan.actions));
    for (const [index, action] of expected.entries())
      assert.partialDeepStrictEqual(plan.actions[index], action);
    assert.deepEqual(plan.aborts, aborts);
    if (wakeAt !== undefined) assert.equal(plan.wakeAt, wakeAt);
  });
}

function inputOf({
  spec,
  pod,
  sandbox,
  containers = [],
  memory,
  busy = [],
}: Omit<Case, 'name' | 'expected'>): PlanInput {
  const facts = new PodMemory();
  facts.cgroup = { state: 'done' };
  facts.volumes = { state: 'done' };
  facts.images.set('main', { state: 'present', image: fakeImage('app:1') });
  memory?.(facts);
  return {
    pod: {
      ...pod,
      metadata: { name: 'web', namespace: 'default', uid: 'u1', ...pod?.metadata },
      spec: { restartPolicy: 'Always', containers: [container('main')], ...spec },
    },
    observed: { sandboxes: sandbox === 'none' ? [] : [{ ...SANDBOX, ...sandbox }], containers },
    facts,
    busy: new Map(busy.map((action) => [actionKey(action), action])),
    now: NOW,
  };
}
