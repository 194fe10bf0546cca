import assert from 'node:assert/strict';
import test from 'node:test';
import type { PodSpec, ResourceRequirements } from './api/types.ts';
import { qosClass } from './qos-class.ts';

const FULL: ResourceRequirements = {
  requests: { cpu: '1', memory: '1Gi' },
  limits: { cpu: '1', memory: '1Gi' },
};

function spec(...containers: ResourceRequirements[]): PodSpec {
  return { containers: containers.map((resources, index) => ({ name: `c${index}`, resources })) };
}

const CASES: Record<string, [PodSpec, string]> = {
  'nothing is said': [spec({}), 'BestEffort'],
  'only zeros are said': [spec({ requests: { cpu: '0' } }), 'BestEffort'],
  'only other resources are said': [spec({ limits: { 'example.com/gpu': '1' } }), 'BestEffort'],
  'all limits equal the requests': [spec(FULL, FULL), 'Guaranteed'],
  'equal amounts are written differently': [
    spec({ requests: { cpu: '1000m', memory: '1024Mi' }, limits: { cpu: '1', memory: '1Gi' } }),
    'Guaranteed',
  ],
  'one container says nothing': [spec(FULL, {}), 'Burstable'],
  'there is no memory limit': [spec({ requests: { cpu: '1' }, limits: { cpu: '1' } }), 'Burstable'],
  'a request is below its limit': [
    spec({ requests: { cpu: '1', memory: '1Mi' }, limits: { cpu: '1', memory: '1Gi' } }),
    'Burstable',
  ],
  'an init container says nothing': [{ ...spec(FULL), initContainers: [{ name: 'i' }] }, 'Burstable'],
  'the pod itself is fully limited': [{ ...spec({}), resources: FULL }, 'Guaranteed'],
  'the pod itself requests only': [{ ...spec(FULL), resources: { requests: { cpu: '1' } } }, 'Burstable'],
};

for (const [name, [podSpec, expected]] of Object.entries(CASES)) {
  test(`a pod is ${expected} when ${name}`, () => assert.equal(qosClass({ spec: podSpec }), expected));
}
