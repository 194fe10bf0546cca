import assert from 'node:assert/strict';
import test from 'node:test';
import { FieldErrors, formatFieldError, InvalidObjectError } from './field-error.ts';

test('field errors read as those of Kubernetes', () => {
  const errors = new FieldErrors();
  errors.required('spec.containers[1].image');
  errors.required('metadata.name', 'name or generateName is required');
  errors.invalid('spec.hostname', 'A b', 'must be lower case');
  errors.invalid('spec.priority', -1, 'must be greater than or equal to 0');
  errors.duplicate('spec.volumes[1].name', 'data');
  errors.notSupported('spec.restartPolicy', 'Sometimes', ['OnFailure', 'Always', 'Never']);
  errors.forbidden('spec.os', 'not here');
  errors.tooLong('metadata.name', 253);
  errors.tooMany('spec.dnsConfig.nameservers', 4, 3);
  errors.notFound('spec.containers[0].volumeMounts[0].name', 'x');
  assert.deepEqual(errors.list.map(formatFieldError), [
    'spec.containers[1].image: Required value',
    'metadata.name: Required value: name or generateName is required',
    'spec.hostname: Invalid value: "A b": must be lower case',
    'spec.priority: Invalid value: -1: must be greater than or equal to 0',
    'spec.volumes[1].name: Duplicate value: "data"',
    'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
    'spec.os: Forbidden: not here',
    'metadata.name: Too long: may not be more than 253 bytes',
    'spec.dnsConfig.nameservers: Too many: 4: must have at most 3 items',
    'spec.containers[0].volumeMounts[0].name: Not found: "x"',
  ]);
});

test('an invalid object names its kind, its name and each distinct error once', () => {
  const errors = new FieldErrors();
  errors.required('spec.containers');
  assert.equal(
    new InvalidObjectError('Pod', 'x', errors.list).message,
    'Pod "x" is invalid: spec.containers: Required value',
  );
  errors.required('spec.containers');
  errors.forbidden('spec.os', 'no');
  const error = new InvalidObjectError('Pod', 'x', errors.list);
  assert.equal(
    error.message,
    'Pod "x" is invalid: [spec.containers: Required value, spec.os: Forbidden: no]',
  );
  assert.equal(error.code, 'Invalid');
});
