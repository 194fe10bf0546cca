import assert from 'node:assert/strict';
import test from 'node:test';
import { C, containerErrors, type ErrorCase, unexpected } from './testing/pod-errors.ts';

const CASES: readonly ErrorCase[] = [
  [
    'a request above its limit',
    () => containerErrors({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    [`${C}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`],
  ],
  [
    'a negative limit',
    () => containerErrors({ resources: { limits: { memory: '-1' } } }),
    [
      `${C}.resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0`,
      `${C}.resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0`,
    ],
  ],
  [
    'a resource that there is not',
    () => containerErrors({ resources: { requests: { disk: '1' } } }),
    [`${C}.resources.requests[disk]: Invalid value: "disk": must be a standard resource for containers`],
  ],
  [
    'half a device',
    () => containerErrors({ resources: { limits: { 'example.com/gpu': '500m' } } }),
    [
      /limits\[example\.com\/gpu\]: Invalid value: "500m": must be an integer/,
      /requests\[example\.com\/gpu\]: Invalid value: "500m": must be an integer/,
    ],
  ],
  [
    'huge pages alone',
    () => containerErrors({ resources: { limits: { 'hugepages-2Mi': '2Mi' } } }),
    [`${C}.resources: Forbidden: HugePages require cpu or memory`],
  ],
  [
    'a pod that requests less than its containers',
    () =>
      containerErrors({ resources: { requests: { cpu: '2' } } }, { resources: { requests: { cpu: '1' } } }),
    [
      'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
    ],
  ],
];

for (const [name, errors, expected] of CASES) {
  test(`${name}: ${expected.length === 0 ? 'fine' : 'refused by name'}`, () => {
    assert.deepEqual(unexpected(errors(), expected), []);
  });
}
