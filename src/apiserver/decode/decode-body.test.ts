/** What bodies become, and which are refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from '../api-object.ts';
import { decodeBody } from './decode-body.ts';

interface Decoded {
  readonly object?: ApiObject;
  readonly warnings: readonly string[];
  readonly refused?: string;
}

function decode(text: string, type: string, fieldValidation: 'Strict' | 'Warn' | 'Ignore' = 'Warn'): Decoded {
  const warnings: string[] = [];
  const options = {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    typeName: 'ConfigMap',
    fieldValidation,
    warn: (line: string) => warnings.push(line),
  };
  try {
    return { object: decodeBody(Buffer.from(text), type, options), warnings };
  } catch (error) {
    return { warnings, refused: (error as Error).message };
  }
}

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';

test('YAML is read as Kubernetes reads it: no base 60, no dates, octal and yes as of old', () => {
  const { object, refused } = decode('data: {a: 12:30:45, b: 2026-01-01, c: "yes"}', YAML_TYPE);
  assert.equal(refused, undefined);
  assert.deepEqual(object?.['data'], { a: '12:30:45', b: '2026-01-01', c: 'yes' });
  assert.deepEqual(decode('immutable: yes', YAML_TYPE).object, { immutable: true });
});

test('fields that stand twice are refused, warned of, or taken, as the client wants; the last counts', () => {
  for (const [text, type] of [
    ['{"data":{"a":"1","a":"2"}}', JSON_TYPE],
    ['data:\n  a: "1"\n  a: "2"\n', YAML_TYPE],
  ] as const) {
    assert.match(decode(text, type, 'Strict').refused ?? '', /strict decoding error: duplicate field/);
    const warned = decode(text, type, 'Warn');
    assert.deepEqual(warned.object, { data: { a: '2' } });
    assert.equal(warned.warnings.length, 1);
    assert.deepEqual(decode(text, type, 'Ignore').warnings, []);
  }
});

test('what is nested too deeply is refused, whatever it is written in', () => {
  for (const depth of [300, 200_000]) {
    const json = `{"data":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    assert.match(decode(json, JSON_TYPE).refused ?? '', /exceeded max depth/);
    assert.match(decode(json, YAML_TYPE).refused ?? '', /exceeded max depth|nested too deeply/);
  }
});

test('values that do not fit their field are refused by name', () => {
  for (const [text, expected] of [
    ['{"metadata":{"generation":1e20}}', /metadata.generation: is too large/],
    ['{"metadata":{"creationTimestamp":"yesterday"}}', /metadata.creationTimestamp: must be a time/],
    ['{"binaryData":{"a":"%%%"}}', /binaryData.a: must be base64/],
    ['{"data":[]}', /data: must be an object/],
    ['[]', /the body is no object/],
    ['{', /json parse error/],
  ] as const)
    assert.match(decode(text, JSON_TYPE).refused ?? '', expected);
  assert.equal(decode('{"metadata":{"generation":4294967296}}', JSON_TYPE).refused, undefined);
});

test('a body of a kind that nobody knows is refused', () => {
  assert.match(decode('{}', 'text/plain').refused ?? '', /unknown format/);
});

test('what YAML refers to twice is two objects', () => {
  const yaml = 'metadata: { labels: &l { app: web }, annotations: *l }';
  const { object } = decode(yaml, 'application/yaml');
  assert.deepEqual(object?.metadata?.annotations, { app: 'web' });
  assert.notEqual(object?.metadata?.annotations, object?.metadata?.labels);
});

test('a key named __proto__ is a key like any other, also beside what does not fit as it is', () => {
  const data = '{ "__proto__": "a", "empty": null, "k": "v" }';
  const { object } = decode(`{ "metadata": { "labels": ${data} } }`, 'application/json');
  assert.deepEqual(Object.entries(object?.metadata?.labels ?? {}), [
    ['__proto__', 'a'],
    ['empty', ''],
    ['k', 'v'],
  ]);
});
