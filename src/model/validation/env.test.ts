import assert from 'node:assert/strict';
import test from 'node:test';
import { C, containerErrors, type ErrorCase, unexpected } from './testing/pod-errors.ts';

const CASES: readonly ErrorCase[] = [
  [
    'an env name with =',
    () => containerErrors({ env: [{ name: 'A=B' }] }),
    [
      `${C}.env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`,
    ],
  ],
  [
    'an env name with a line break',
    () => containerErrors({ env: [{ name: 'A\nB' }] }),
    [/env\[0\]\.name: Invalid value: "A\\nB"/],
  ],
  [
    'an env value from nowhere',
    () => containerErrors({ env: [{ name: 'A', valueFrom: {} }] }),
    [/env\[0\]\.valueFrom: Invalid value: "": must specify one of/],
  ],
  [
    'an env value twice',
    () =>
      containerErrors({
        env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      }),
    [`${C}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
  ],
  [
    'a field that env cannot have',
    () => containerErrors({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.hostname' } } }] }),
    [/fieldRef\.fieldPath: Unsupported value: "spec\.hostname": supported values: "metadata\.name"/],
  ],
  [
    'a label by name',
    () =>
      containerErrors({
        env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }],
      }),
    [],
  ],
  [
    'a resource that env cannot have',
    () =>
      containerErrors({ env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.disk' } } }] }),
    [/resource: Unsupported value: "limits\.disk"/],
  ],
  [
    'a divisor',
    () =>
      containerErrors({
        env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }],
      }),
    [/divisor: Invalid value: "2": only divisor's values 1m and 1 are supported with the cpu resource/],
  ],
  [
    'a key without object',
    () => containerErrors({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { key: '..x' } } }] }),
    [
      /configMapKeyRef\.name: Required value/,
      /configMapKeyRef\.key: Invalid value: "\.\.x": must not start with '\.\.'/,
    ],
  ],
  [
    'envFrom nowhere',
    () => containerErrors({ envFrom: [{}] }),
    [/envFrom\[0\]: Invalid value: "": must specify one of: `configMapRef` or `secretRef`/],
  ],
];

for (const [name, errors, expected] of CASES) {
  test(`${name}: ${expected.length === 0 ? 'fine' : 'refused by name'}`, () => {
    assert.deepEqual(unexpected(errors(), expected), []);
  });
}
