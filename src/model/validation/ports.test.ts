import assert from 'node:assert/strict';
import test from 'node:test';
import { C, containerErrors, specErrors, type ErrorCase, unexpected } from './testing/pod-errors.ts';

const CASES: readonly ErrorCase[] = [
  [
    'a port out of range',
    () => containerErrors({ ports: [{ containerPort: 70_000 }] }),
    [`${C}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`],
  ],
  [
    'no port',
    () => containerErrors({ ports: [{ containerPort: 0 }] }),
    [`${C}.ports[0].containerPort: Required value`],
  ],
  [
    'a host port twice',
    () =>
      specErrors({
        containers: [
          { name: 'a', image: 'i', ports: [{ containerPort: 1, hostPort: 80 }] },
          { name: 'b', image: 'i', ports: [{ containerPort: 2, hostPort: 80 }] },
        ],
      }),
    ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'],
  ],
  [
    'the same host port for another protocol',
    () =>
      containerErrors({
        ports: [
          { containerPort: 1, hostPort: 80 },
          { containerPort: 1, hostPort: 80, protocol: 'UDP' },
        ],
      }),
    [],
  ],
  [
    'a port name twice',
    () =>
      containerErrors({
        ports: [
          { containerPort: 1, name: 'a' },
          { containerPort: 2, name: 'a' },
        ],
      }),
    [`${C}.ports[1].name: Duplicate value: "a"`],
  ],
  [
    'a bad port name',
    () => containerErrors({ ports: [{ containerPort: 1, name: 'a--B' }] }),
    [
      `${C}.ports[0].name: Invalid value: "a--B": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
      `${C}.ports[0].name: Invalid value: "a--B": must not contain consecutive hyphens`,
    ],
  ],
  [
    'a protocol',
    () => containerErrors({ ports: [{ containerPort: 1, protocol: 'tcp' }] }),
    [`${C}.ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"`],
  ],
  [
    "another port than the host's",
    () => containerErrors({ ports: [{ containerPort: 1, hostPort: 2 }] }, { hostNetwork: true }),
    [`${C}.ports[0].containerPort: Invalid value: 1: must match \`hostPort\` when \`hostNetwork\` is true`],
  ],
];

for (const [name, errors, expected] of CASES) {
  test(`${name}: ${expected.length === 0 ? 'fine' : 'refused by name'}`, () => {
    assert.deepEqual(unexpected(errors(), expected), []);
  });
}
