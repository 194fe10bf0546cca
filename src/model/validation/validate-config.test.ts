import assert from 'node:assert/strict';
import test from 'node:test';
import { formatFieldError } from '../field-error.ts';
import { validatePersistentVolumeClaim } from './persistent-volume-claim.ts';
import { validateConfigMap, validateSecret } from './validate-config.ts';

test('keys that cannot be file names are refused', () => {
  const data = { ok: '', '..': '', 'a/b': '', '..x': '' };
  const fields = validateConfigMap({ metadata: { name: 'c' }, data }).map(({ field }) => field);
  assert.deepEqual(fields, ['data[..]', 'data[a/b]', 'data[..x]']);
});

test('a key cannot be in both parts of a ConfigMap, and bytes are base64', () => {
  const errors = validateConfigMap({
    metadata: { name: 'c' },
    data: { a: '' },
    binaryData: { a: '', b: '!' },
  });
  assert.deepEqual(errors.map(formatFieldError), [
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    'binaryData[b]: Invalid value: "!": must be base64',
  ]);
});

test('more than a mebibyte is too long', () => {
  const errors = validateConfigMap({ metadata: { name: 'c' }, data: { a: 'x'.repeat(1024 * 1024 + 1) } });
  assert.equal(errors[0]?.type, 'TooLong');
});

test('a secret that is no base64 is refused without telling it', () => {
  const errors = validateSecret({ metadata: { name: 's' }, data: { key: 'hunter2!' } });
  assert.deepEqual(errors.map(formatFieldError), ['data[key]: Invalid value: "<redacted>": must be base64']);
});

test('a secret of a known type has the keys of that type', () => {
  const errors = validateSecret({
    metadata: { name: 's' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': 'eA==' },
  });
  assert.deepEqual(errors.map(formatFieldError), ['data[tls.key]: Required value']);
});

test('a claim says how it is accessed and how much it wants', () => {
  assert.deepEqual(
    validatePersistentVolumeClaim({ metadata: { name: 'p' }, spec: {} }).map(formatFieldError),
    [
      'spec.accessModes: Required value: at least 1 access mode is required',
      'spec.resources[storage]: Required value',
    ],
  );
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  assert.deepEqual(validatePersistentVolumeClaim({ metadata: { name: 'p' }, spec }), []);
});
