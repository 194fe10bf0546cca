import assert from 'node:assert/strict';
import test from 'node:test';
import { defaultPod } from '../defaults/default-pod.ts';
import { formatFieldError } from '../field-error.ts';
import { validateAddedEphemeralContainers } from './validate-pod.ts';
import {
  C,
  containerErrors,
  errorsOf,
  specErrors,
  type ErrorCase,
  unexpected,
} from './testing/pod-errors.ts';

const CASES: readonly ErrorCase[] = [
  [
    'no name',
    () => errorsOf({ spec: { containers: [{ name: 'c', image: 'i' }] } }),
    ['metadata.name: Required value: name or generateName is required'],
  ],
  [
    'a generated name is enough',
    () => errorsOf({ metadata: { generateName: 'x-' }, spec: { containers: [{ name: 'c', image: 'i' }] } }),
    [],
  ],
  [
    'a bad name',
    () => errorsOf({ metadata: { name: 'A_b' }, spec: { containers: [{ name: 'c', image: 'i' }] } }),
    [/^metadata\.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of/],
  ],
  [
    'a name that is a path',
    () => errorsOf({ metadata: { name: '../x' }, spec: { containers: [{ name: 'c', image: 'i' }] } }),
    [/^metadata\.name: Invalid value: "\.\.\/x"/],
  ],
  [
    'a bad label',
    () =>
      errorsOf({
        metadata: { name: 'x', labels: { 'a/b/c': 'x', ok: '-' } },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      }),
    [
      /^metadata\.labels: Invalid value: "a\/b\/c": a qualified name must consist/,
      /^metadata\.labels\[ok\]: Invalid value: "-": a valid label must be/,
    ],
  ],
  [
    'huge annotations',
    () =>
      errorsOf({
        metadata: { name: 'x', annotations: { a: 'x'.repeat(300_000) } },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      }),
    ['metadata.annotations: Too long: may not be more than 262144 bytes'],
  ],
  ['no containers', () => specErrors({ containers: [] }), ['spec.containers: Required value']],
  [
    'no image',
    () => specErrors({ containers: [{ name: 'a', image: 'i' }, { name: 'b' }] }),
    ['spec.containers[1].image: Required value'],
  ],
  [
    'a padded image',
    () => containerErrors({ image: ' i' }),
    [`${C}.image: Invalid value: " i": must not have leading or trailing whitespace`],
  ],
  [
    'a bad container name',
    () => containerErrors({ name: 'a.b' }),
    [/^spec\.containers\[0\]\.name: Invalid value: "a\.b": a lowercase RFC 1123 label must/],
  ],
  [
    'a duplicate name',
    () => specErrors({ initContainers: [{ name: 'c', image: 'i' }] }),
    ['spec.initContainers[0].name: Duplicate value: "c"'],
  ],
  [
    'a pull policy',
    () => containerErrors({ imagePullPolicy: 'Sometimes' }),
    [
      `${C}.imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`,
    ],
  ],
  [
    'a restart policy',
    () => specErrors({ restartPolicy: 'always' }),
    ['spec.restartPolicy: Unsupported value: "always": supported values: "Always", "Never", "OnFailure"'],
  ],

  [
    'no time',
    () => specErrors({ activeDeadlineSeconds: 0 }),
    ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
  ],
  [
    'a negative grace period',
    () => specErrors({ terminationGracePeriodSeconds: -1 }),
    ['spec.terminationGracePeriodSeconds: Invalid value: -1: must be greater than or equal to 0'],
  ],
  [
    'rules without policy',
    () =>
      containerErrors({
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1, 1] } }],
      }),
    [
      `${C}.restartPolicy: Required value: must specify restartPolicy when restart rules are used`,
      `${C}.restartPolicyRules[0].exitCodes.values[1]: Duplicate value: 1`,
    ],
  ],
  [
    'a resize that restarts',
    () =>
      containerErrors(
        { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] },
        { restartPolicy: 'Never' },
      ),
    [/resizePolicy\[0\]\.restartPolicy: Invalid value: "RestartContainer": must be 'NotRequired'/],
  ],
  [
    'ephemeral containers from the start',
    () => specErrors({ ephemeralContainers: [{ name: 'e', image: 'i' }] }),
    ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
  ],
];

for (const [name, errors, expected] of CASES) {
  test(`${name}: ${expected.length === 0 ? 'fine' : 'refused by name'}`, () => {
    assert.deepEqual(unexpected(errors(), expected), []);
  });
}

test('what is added to a running pod may not have ports, probes or resources, and targets a container of the pod', () => {
  const pod = defaultPod({
    metadata: { name: 'x' },
    spec: {
      containers: [{ name: 'c', image: 'i' }],
      ephemeralContainers: [
        { name: 'c', image: 'i', ports: [{ containerPort: 1 }], resources: { limits: { cpu: '1' } } },
        { name: 'd', image: 'i', targetContainerName: 'nobody' },
        { name: 'e', image: 'i', targetContainerName: 'c' },
      ],
    },
  });
  assert.deepEqual(validateAddedEphemeralContainers(pod).map(formatFieldError), [
    'spec.ephemeralContainers[0].name: Duplicate value: "c"',
    'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
    'spec.ephemeralContainers[0].resources: Forbidden: cannot be set for an Ephemeral Container',
    'spec.ephemeralContainers[1].targetContainerName: Not found: "nobody"',
  ]);
});
