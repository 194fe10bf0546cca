import assert from 'node:assert/strict';
import test from 'node:test';
import type { Job, JobSpec, JobStatus, Pod } from '../../model/api/types.ts';
import { INDEX, TRACKING } from './job-pods.ts';
import { planJob } from './plan-job.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const CREATED = '2026-01-01T00:00:00Z';

function job(spec: Partial<JobSpec>, status: JobStatus = { startTime: CREATED }): Job {
  const template = { spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never' } };
  return {
    metadata: { name: 'j', namespace: 'n', uid: 'u' },
    spec: { parallelism: 1, backoffLimit: 6, template, ...spec },
    status,
  };
}

interface PodFacts {
  readonly phase?: string;
  readonly index?: number;
  readonly isLeaving?: boolean;
  readonly restarts?: number;
}

let uids = 0;

function pod({ phase = 'Running', index, isLeaving = false, restarts = 0 }: PodFacts): Pod {
  const uid = `pod-${uids++}`;
  const status = { name: 'c', image: 'i', imageID: '', ready: true, restartCount: restarts };
  return {
    metadata: {
      name: uid,
      namespace: 'n',
      uid,
      creationTimestamp: CREATED,
      finalizers: [TRACKING],
      ...(index === undefined ? {} : { annotations: { [INDEX]: String(index) } }),
      ...(isLeaving ? { deletionTimestamp: CREATED } : {}),
    },
    status: { phase, containerStatuses: [status] },
  };
}

const INDEXED = { completionMode: 'Indexed', completions: 4, parallelism: 4 };

const CASES: readonly {
  name: string;
  spec: Partial<JobSpec>;
  pods: readonly PodFacts[];
  status?: JobStatus;
  /** Made, not needed, ended with the job, and the reason of the last condition. */
  expected: readonly [number, number, number, string?];
}[] = [
  {
    name: 'as many as may run at a time',
    spec: { completions: 5, parallelism: 3 },
    pods: [],
    expected: [3, 0, 0],
  },
  {
    name: 'no more than are missing',
    spec: { completions: 5, parallelism: 3 },
    pods: [],
    status: { succeeded: 4, startTime: CREATED },
    expected: [1, 0, 0],
  },
  {
    name: 'fewer when fewer may run',
    spec: { completions: 5, parallelism: 1 },
    pods: [{}, {}, {}],
    expected: [0, 2, 0],
  },
  {
    name: 'a work queue ends with its first success and the last pod',
    spec: { parallelism: 3 },
    pods: [{ phase: 'Succeeded' }, {}],
    expected: [0, 0, 0],
  },
  {
    name: 'a work queue that is empty',
    spec: { parallelism: 3 },
    pods: [{ phase: 'Succeeded' }],
    expected: [0, 0, 0, 'CompletionsReached'],
  },
  { name: 'none while suspended', spec: { suspend: true }, pods: [{}], expected: [0, 1, 0, 'JobSuspended'] },
  {
    name: 'each index once',
    spec: INDEXED,
    pods: [{ index: 0 }, { index: 0 }, { index: 9 }],
    expected: [0, 2, 0],
  },
  {
    name: 'the indexes that are missing',
    spec: INDEXED,
    pods: [{ index: 1 }, { index: 2, phase: 'Succeeded' }],
    expected: [2, 0, 0],
  },
  {
    name: 'a replacement for a pod on its way out',
    spec: {},
    pods: [{ isLeaving: true }],
    expected: [1, 0, 0],
  },
  {
    name: 'none until it has really ended',
    spec: { podReplacementPolicy: 'Failed' },
    pods: [{ isLeaving: true }],
    expected: [0, 0, 0],
  },
  {
    name: 'too late',
    spec: { activeDeadlineSeconds: 60 },
    pods: [{}],
    expected: [0, 0, 1, 'DeadlineExceeded'],
  },
  {
    name: 'too many failures',
    spec: { backoffLimit: 0, parallelism: 2 },
    pods: [{ phase: 'Failed' }, {}],
    expected: [0, 0, 1, 'BackoffLimitExceeded'],
  },
  {
    name: 'restarts are failures',
    spec: {
      backoffLimit: 2,
      template: { spec: { containers: [{ name: 'c' }], restartPolicy: 'OnFailure' } },
    },
    pods: [{ restarts: 2 }],
    expected: [0, 0, 1, 'BackoffLimitExceeded'],
  },
  {
    name: 'too many indexes',
    spec: { ...INDEXED, backoffLimitPerIndex: 0, maxFailedIndexes: 1 },
    pods: [{ index: 0, phase: 'Failed' }, { index: 1, phase: 'Failed' }, { index: 2 }],
    expected: [0, 0, 1, 'MaxFailedIndexesExceeded'],
  },
  {
    name: 'enough by the policy',
    spec: { ...INDEXED, successPolicy: { rules: [{ succeededIndexes: '1-3', succeededCount: 1 }] } },
    pods: [{ index: 2, phase: 'Succeeded' }, { index: 3 }],
    expected: [0, 0, 1, 'SuccessPolicy'],
  },
];

for (const { name, spec, pods, status, expected } of CASES) {
  test(`a job's plan: ${name}`, () => {
    const plan = planJob(job(spec, status), pods.map(pod), true, NOW);
    const reason = plan.status.conditions?.at(-1)?.reason;
    const found = [plan.create.length, plan.remove.length, plan.end.length];
    assert.deepEqual([...found, reason], [...expected.slice(0, 3), expected[3]]);
  });
}

test('nothing is made or decided from a copy that is behind', () => {
  const plan = planJob(job({ completions: 1 }), [pod({ phase: 'Succeeded' })], false, NOW);
  assert.deepEqual([plan.create, plan.status.conditions], [[], []]);
  assert.equal(plan.status.uncountedTerminatedPods?.succeeded?.length, 1);
});
