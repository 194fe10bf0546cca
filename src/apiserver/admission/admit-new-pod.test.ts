import assert from 'node:assert/strict';
import test from 'node:test';
import type { Container, LimitRangeItem, Pod, PodSpec, PriorityClass } from '../../model/api/types.ts';
import { defaultPod } from '../../model/defaults/default-pod.ts';
import { podWarnings, refusedFields } from '../../model/fields/refused-fields.ts';
import { isKnownValid } from '../../model/validation/known-valid.ts';
import { validatePod } from '../../model/validation/validate-pod.ts';
import { SYSTEM_PRIORITY_CLASSES } from '../../model/validation/priority-class.ts';
import { admitNewPod, type PodSurroundings } from './admit-new-pod.ts';
import { checkClaimLimits, checkPodLimits } from './check-limit-ranges.ts';
import { withDefaultStorageClass } from './default-storage-class.ts';
import { withLimitRangeDefaults } from './limit-range-defaults.ts';
import { withPriority } from './pod-priority.ts';
import { withServiceAccount } from './pod-service-account.ts';
import { withDefaultTolerations } from './pod-tolerations.ts';

function pod(spec: Partial<PodSpec> = {}): Pod {
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i:1' }], ...spec },
  };
}

function priorityClass(name: string, value: number, fields: Partial<PriorityClass> = {}): PriorityClass {
  return { metadata: { name }, value, preemptionPolicy: 'PreemptLowerPriority', ...fields };
}

const withResources = (resources: NonNullable<Container['resources']>) =>
  pod({ containers: [{ name: 'c', image: 'i:1', resources }] });
const range = (...limits: LimitRangeItem[]) => [{ spec: { limits } }];

test('a pod gets the priority of its class, or of the lowest default class, or none', () => {
  const classes = [
    priorityClass('high', 100, { preemptionPolicy: 'Never' }),
    priorityClass('usual', 7, { globalDefault: true }),
    priorityClass('other', 9, { globalDefault: true }),
    ...SYSTEM_PRIORITY_CLASSES,
  ];
  const priorityOf = (spec: Partial<PodSpec>, of: readonly PriorityClass[] = classes) => {
    const { priority, preemptionPolicy, priorityClassName } = withPriority(pod(spec), of).spec ?? {};
    return [priorityClassName, priority, preemptionPolicy];
  };
  assert.deepEqual(priorityOf({ priorityClassName: 'high' }), ['high', 100, 'Never']);
  assert.deepEqual(priorityOf({}), ['usual', 7, 'PreemptLowerPriority']);
  assert.deepEqual(priorityOf({}, []), [undefined, 0, 'PreemptLowerPriority']);
  assert.equal(priorityOf({ priorityClassName: 'system-node-critical' })[1], 2_000_001_000);
});

test('a pod does not choose its priority itself', () => {
  const classes = [priorityClass('high', 100)];
  const cases: [Partial<PodSpec>, string][] = [
    [{ priorityClassName: 'none' }, 'no PriorityClass with name none was found'],
    [
      { priorityClassName: 'high', priority: 5 },
      'the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 100 from the given PriorityClass name',
    ],
    [
      { priorityClassName: 'high', preemptionPolicy: 'Never' },
      'the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
    ],
  ];
  for (const [spec, why] of cases) {
    assert.throws(() => withPriority(pod(spec), classes), {
      code: 403,
      message: `pods "web" is forbidden: ${why}`,
    });
  }
});

test('containers find a token of their account, unless the pod or the account says no', () => {
  const account = { metadata: { name: 'default' }, imagePullSecrets: [{ name: 's' }] };
  const { spec } = withServiceAccount(pod(), account, 'abcde');
  assert.equal(spec?.serviceAccountName, 'default');
  assert.deepEqual(spec?.imagePullSecrets, [{ name: 's' }]);
  assert.deepEqual(spec?.containers[0]?.volumeMounts, [
    {
      name: 'kube-api-access-abcde',
      readOnly: true,
      mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
    },
  ]);
  assert.deepEqual(
    spec?.volumes?.map(({ name, projected }) => [name, projected?.defaultMode, projected?.sources?.length]),
    [['kube-api-access-abcde', 0o644, 3]],
  );
  assert.deepEqual(validatePod(defaultPod(withServiceAccount(pod(), account, 'abcde'))), []);
  const again = withServiceAccount({ ...pod(), spec: spec ?? { containers: [] } }, account, 'fghij');
  assert.deepEqual(again.spec, spec);
  for (const [own, accounts] of [
    [false, true],
    [undefined, false],
  ] as const) {
    const told = { ...account, automountServiceAccountToken: accounts };
    const refused = pod(own === undefined ? {} : { automountServiceAccountToken: own });
    assert.equal(withServiceAccount(refused, told, 'abcde').spec?.volumes, undefined);
  }
  assert.throws(() => withServiceAccount(pod({ serviceAccountName: 'robot' }), undefined, 'abcde'), {
    message:
      'pods "web" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found',
  });
});

test('what is given to every pod is valid, as it is noted to be', () => {
  const account = { metadata: { name: 'default' } };
  const admitted = withDefaultTolerations(withServiceAccount(defaultPod(pod()), account, 'abcde'));
  assert.equal(admitted.spec?.tolerations?.every(isKnownValid), true);
  assert.equal(admitted.spec?.volumes?.every(isKnownValid), true);
  // Nothing is noted of a copy: it is looked through.
  const copy = structuredClone(admitted);
  assert.deepEqual(validatePod(copy), []);
  assert.deepEqual(refusedFields(copy), []);
  assert.deepEqual(podWarnings(copy, { server: true }), []);
});

test('a container that asks for nothing gets what the namespace gives', () => {
  const ranges = range({
    type: 'Container',
    default: { cpu: '1', memory: '1Gi' },
    defaultRequest: { cpu: '500m' },
  });
  const defaulted = withLimitRangeDefaults(withResources({ limits: { cpu: '2' } }), ranges);
  assert.deepEqual(defaulted.spec?.containers[0]?.resources, {
    limits: { cpu: '2', memory: '1Gi' },
    requests: { cpu: '500m' },
  });
  assert.deepEqual(defaulted.metadata?.annotations, {
    'kubernetes.io/limit-ranger':
      'LimitRanger plugin set: cpu request for container c; memory limit for container c',
  });
  assert.deepEqual(withLimitRangeDefaults(defaulted, ranges), defaulted);
});

test('what is too small or too large is told all at once', () => {
  const check = (of: Pod, item: LimitRangeItem) => () => checkPodLimits(of, range(item));
  const cases: [Pod, LimitRangeItem, string][] = [
    [
      withResources({ requests: { cpu: '50m' }, limits: { cpu: '4' } }),
      { type: 'Container', min: { cpu: '100m' }, max: { cpu: '2' } },
      '[minimum cpu usage per Container is 100m, but request is 50m, maximum cpu usage per Container is 2, but limit is 4]',
    ],
    [
      pod(),
      { type: 'Container', max: { memory: '1Gi' } },
      'maximum memory usage per Container is 1Gi. No limit is specified',
    ],
    [
      withResources({ requests: { cpu: '1' }, limits: { cpu: '4' } }),
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
    ],
    [
      pod({
        containers: ['a', 'b'].map((name) => ({ name, image: 'i', resources: { limits: { cpu: '1500m' } } })),
      }),
      { type: 'Pod', max: { cpu: '2' } },
      'maximum cpu usage per Pod is 2, but limit is 3',
    ],
  ];
  for (const [of, item, why] of cases)
    assert.throws(check(of, item), { message: `pods "web" is forbidden: ${why}` });
  assert.doesNotThrow(
    check(withResources({ limits: { cpu: '1' } }), { type: 'Container', max: { cpu: '2' } }),
  );
  assert.doesNotThrow(check(withResources({ limits: { cpu: 'much' } }), { type: 'Pod' }));
  const claim = { metadata: { name: 'data' }, spec: { resources: { requests: { storage: '5Gi' } } } };
  assert.throws(
    () => checkClaimLimits(claim, range({ type: 'PersistentVolumeClaim', max: { storage: '2Gi' } })),
    {
      message:
        'persistentvolumeclaims "data" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi',
    },
  );
});

test('a claim without a class gets the newest default one', () => {
  const storageClass = (name: string, creationTimestamp: string, isDefault = true) => ({
    metadata: {
      name,
      creationTimestamp,
      annotations: { 'storageclass.kubernetes.io/is-default-class': String(isDefault) },
    },
    provisioner: 'p',
  });
  const classes = [
    storageClass('old', '2026-01-01T00:00:00Z'),
    storageClass('new', '2026-01-02T00:00:00Z'),
    storageClass('newest', '2026-01-03T00:00:00Z', false),
  ];
  assert.equal(withDefaultStorageClass({ spec: {} }, classes).spec?.storageClassName, 'new');
  assert.equal(withDefaultStorageClass({ spec: {} }, []).spec?.storageClassName, undefined);
  assert.equal(
    withDefaultStorageClass({ spec: { storageClassName: '' } }, classes).spec?.storageClassName,
    '',
  );
});

test('a new pod gets all of it, and the class of service that follows', () => {
  const surroundings: PodSurroundings = {
    limitRanges: range({ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '500m' } }),
    priorityClasses: [],
    serviceAccount: { metadata: { name: 'default' } },
    nameSuffix: 'abcde',
  };
  const admitted = admitNewPod(
    { ...pod(), status: { phase: 'Pending', qosClass: 'BestEffort' } },
    surroundings,
  );
  assert.deepEqual(admitted.status, { phase: 'Pending', qosClass: 'Burstable' });
  assert.equal(admitted.spec?.priority, 0);
  assert.deepEqual(
    admitted.spec?.tolerations?.map(({ key, tolerationSeconds }) => [key, tolerationSeconds]),
    [
      ['node.kubernetes.io/not-ready', 300],
      ['node.kubernetes.io/unreachable', 300],
    ],
  );
  assert.deepEqual(admitNewPod(admitted, surroundings), admitted);
});
