import assert from 'node:assert/strict';
import test from 'node:test';
import { fillZeroValues } from './zero-values.ts';

test('what is required and left out is empty, wherever its parent is there', () => {
  const pod: Record<string, unknown> = {
    spec: { containers: [{ ports: [{}], livenessProbe: { httpGet: {} } }], volumes: [{}] },
    status: { conditions: [{}] },
  };
  fillZeroValues(pod, 'Pod');
  assert.deepEqual(pod, {
    spec: {
      containers: [{ name: '', ports: [{ containerPort: 0 }], livenessProbe: { httpGet: { port: 0 } } }],
      volumes: [{ name: '' }],
    },
    status: { conditions: [{}] },
  });
});

test('there is always a specification, but a selector only when it is said', () => {
  const deployment: Record<string, unknown> = {};
  fillZeroValues(deployment, 'Deployment');
  assert.deepEqual(deployment, { spec: { template: { spec: { containers: [] } } } });
});
