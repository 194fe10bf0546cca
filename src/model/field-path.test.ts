import assert from 'node:assert/strict';
import test from 'node:test';
import type { Pod } from './api/types.ts';
import { fieldPathValue, formatMap } from './field-path.ts';

const POD: Pod = {
  metadata: {
    name: 'web',
    namespace: 'prod',
    uid: 'u-1',
    labels: { b: '2', a: '1' },
    annotations: { 'example.com/note': 'say "hi"\n' },
  },
  spec: { containers: [], nodeName: 'node-1', serviceAccountName: 'robot' },
  status: {
    hostIP: '10.0.0.1',
    hostIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }],
    podIP: '10.1.0.2',
    podIPs: [{ ip: '10.1.0.2' }, { ip: 'fd01::2' }],
  },
};

const VALUES: Record<string, string> = {
  'metadata.name': 'web',
  'metadata.namespace': 'prod',
  'metadata.uid': 'u-1',
  'metadata.labels': 'a="1"\nb="2"',
  'metadata.annotations': 'example.com/note="say \\"hi\\"\\n"',
  "metadata.labels['b']": '2',
  "metadata.labels['c']": '',
  "metadata.labels['constructor']": '',
  "metadata.annotations['example.com/note']": 'say "hi"\n',
  'spec.nodeName': 'node-1',
  'spec.serviceAccountName': 'robot',
  'status.hostIP': '10.0.0.1',
  'status.hostIPs': '10.0.0.1,fd00::1',
  'status.podIP': '10.1.0.2',
  'status.podIPs': '10.1.0.2,fd01::2',
};

test('a pod tells its own fields', () => {
  for (const [path, value] of Object.entries(VALUES)) assert.equal(fieldPathValue(POD, path), value, path);
});

test('other fields are not told', () => {
  for (const path of ['spec.containers', "spec['x']", '', 'metadata.labels[x]', '__proto__']) {
    assert.throws(() => fieldPathValue(POD, path), RangeError, path);
  }
});

test('a map is written one key to a line, whatever its values hold', () => {
  assert.equal(formatMap(undefined), '');
  assert.equal(formatMap({ a: 'x\ny="z"' }), 'a="x\\ny=\\"z\\""');
});
