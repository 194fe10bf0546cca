import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Pod } from '../api/types.ts';
import { ManifestError } from './manifest-error.ts';
import { readManifests } from './read-manifests.ts';

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: main
    image: web:1
`;

function readPod(text: string): Pod {
  const [document] = readManifests(text, 'pod.yaml');
  assert.ok(document?.kind === 'Pod');
  return document.object;
}

function complaint(text: string): string {
  try {
    readManifests(text, 'pod.yaml');
  } catch (error) {
    assert.ok(error instanceof ManifestError, String(error));
    assert.equal(error.code, 'Invalid');
    return error.message;
  }
  return 'no complaint';
}

test('several documents and lists are read in their order, and empty documents are left out', () => {
  const text = `---\n# nothing\n---\n${POD}---\nkind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n---\n`;
  assert.deepEqual(
    readManifests(text, '-').map((document) => document.kind),
    ['Pod', 'ConfigMap', 'Secret'],
  );
  assert.deepEqual(readManifests('', '-'), []);
});

test('JSON is read as well, with tabs too', () => {
  const json = JSON.stringify(readPod(POD), null, '\t');
  assert.deepEqual(readPod(json), readPod(POD));
});

test('plain scalars mean what they mean to Kubernetes', () => {
  const pod = readPod(`${POD}    tty: yes
  hostNetwork: off
  securityContext: {runAsUser: 1_000}
  volumes:
  - name: c
    configMap: {name: c, defaultMode: 0644}
`);
  assert.equal(pod.spec?.containers[0]?.tty, true);
  assert.equal(pod.spec?.hostNetwork, false);
  assert.equal(pod.spec?.securityContext?.runAsUser, 1000);
  assert.equal(pod.spec?.volumes?.[0]?.configMap?.defaultMode, 0o644);
});

test('times of day and dates stay text', () => {
  assert.deepEqual(readPod(`${POD}    args: [22:22, 2001-01-01, y]\n`).spec?.containers[0]?.args, [
    '22:22',
    '2001-01-01',
    'y',
  ]);
});

test('quantities may be written as numbers, and null means absent', () => {
  const pod = readPod(`${POD}    resources: {limits: {cpu: 0.5, memory: 9007199254740993}}\n    env: null\n`);
  assert.deepEqual(pod.spec?.containers[0]?.resources?.limits, { cpu: '0.5', memory: '9007199254740993' });
  assert.ok(!('env' in (pod.spec?.containers[0] ?? {})));
});

const COMPLAINTS: Record<string, [string, RegExp | string]> = {
  'an unknown field': [
    `${POD}    comand: [x]\n`,
    'pod.yaml:9:5: unknown field "spec.containers[0].comand", did you mean "command"?',
  ],
  'a wrong type': [
    `${POD}    command: ls -l\n`,
    'pod.yaml:9:14: spec.containers[0].command: Invalid value: "ls -l": must be a list',
  ],
  'a number for a string': [
    `${POD}    env: [{name: A, value: 8080}]\n`,
    'pod.yaml:9:28: spec.containers[0].env[0].value: Invalid value: 8080: must be a string: write "8080"',
  ],
  'a string for a number': [
    `${POD}    ports: [{containerPort: "80"}]\n`,
    /:9:29: spec\.containers\[0\]\.ports\[0\]\.containerPort: Invalid value: "80": must be an integer/,
  ],
  'a bad quantity': [
    `${POD}    resources: {limits: {memory: 1GB}}\n`,
    /spec\.containers\[0\]\.resources\.limits\[memory\]: Invalid value: "1GB": (quantities must match|unable to parse)/,
  ],
  'a missing field': [`${POD}  - image: y\n`, 'pod.yaml:9:5: spec.containers[1].name: Required value'],
  'a missing list': [
    'apiVersion: v1\nkind: Pod\nspec: {}\n',
    'pod.yaml:3:7: spec.containers: Required value',
  ],
  'a null in a list': [
    `${POD}    args: [a, null]\n`,
    /spec\.containers\[0\]\.args\[1\]: Invalid value: null/,
  ],
  'a duplicate key': [`${POD}    image: web:2\n`, 'pod.yaml:9:5: duplicate field "spec.containers[0].image"'],
  'a missing kind': ['apiVersion: v1\n', 'pod.yaml:1:1: kind: Required value'],
  'a missing version': ['kind: Pod\n', 'pod.yaml:1:1: apiVersion: Required value'],
  'an unknown kind': [
    'apiVersion: v1\nkind: Pods\n',
    'pod.yaml:2:7: no matches for kind "Pods" in version "v1", did you mean "Pod"?',
  ],
  'a wrong version': [
    'apiVersion: v2\nkind: Pod\n',
    'pod.yaml:1:13: no matches for kind "Pod" in version "v2", did you mean "v1"?',
  ],
  'text that is no object': ['hello\n', 'pod.yaml:1:1: must be an object with apiVersion and kind'],
  'malformed YAML': [
    'apiVersion: v1\nkind: Pod\nmetadata:\n  name: "x\n',
    /^pod\.yaml:\d+:\d+: malformed YAML: /,
  ],
  'bad indentation': ['apiVersion: v1\n  kind: Pod\n', /^pod\.yaml:\d+:\d+: malformed YAML: /],
  'a tab for indentation': [
    'apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n',
    /^pod\.yaml:\d+:\d+: malformed YAML: /,
  ],
  'an unknown tag': [`${POD}    workingDir: !include x\n`, /^pod\.yaml:9:\d+: malformed YAML: /],
  'an alias without anchor': [`${POD}    args: *nowhere\n`, /pod\.yaml:9:\d+: .*nowhere/],
  'a __proto__ field': [
    `${POD}    __proto__: {image: y}\n`,
    'pod.yaml:9:5: unknown field "spec.containers[0].__proto__"',
  ],
};

for (const [name, [text, expected]] of Object.entries(COMPLAINTS)) {
  test(`${name} is complained of with its place`, () => {
    const actual = complaint(text);
    if (typeof expected === 'string') assert.equal(actual, expected);
    else assert.match(actual, expected);
  });
}

test('all problems of all documents are told at once', () => {
  const message = complaint(`${POD}    comand: x\n    tty: 1\n---\napiVersion: v1\nkind: Pot\n`);
  assert.equal(message.split('\n').length, 3);
});

test('a kind that is not welcome is refused by name', () => {
  assert.throws(() => readManifests(POD, 'p', { kinds: ['Node'] }), {
    message: 'p:2:7: kind "Pod" is not supported here: supported kinds: Node',
  });
});

test('anchors, aliases and merge keys are honoured', () => {
  const pod = readPod(
    `${POD}    env: &env [{name: A, value: b}]\n    resources: &r {limits: {cpu: 1}}\n  - name: two\n    image: x\n    env: *env\n    resources:\n      <<: *r\n      requests: {cpu: 1}\n`,
  );
  assert.deepEqual(pod.spec?.containers[1]?.env, [{ name: 'A', value: 'b' }]);
  assert.deepEqual(pod.spec?.containers[1]?.resources, { limits: { cpu: '1' }, requests: { cpu: '1' } });
});

test('an alias bomb is refused quickly', () => {
  const levels = Array.from(
    { length: 12 },
    (_, level) => `  l${level + 1}: &l${level + 1} [${Array(10).fill(`*l${level}`).join(', ')}]`,
  );
  const bomb = `apiVersion: v1\nkind: Pod\nmetadata:\n  managedFields:\n  - fieldsV1:\n      l0: &l0 [x]\n${levels.map((line) => `    ${line}`).join('\n')}\n`;
  assert.match(complaint(bomb), /holds more than \d+ values|Excessive alias/);
});

test('a manifest nested without end, or in itself, is refused', () => {
  const fields = 'apiVersion: v1\nkind: Pod\nmetadata: {managedFields: [{fieldsV1: ';
  assert.match(complaint(`${fields}${'['.repeat(5000)}`), /nested|malformed/);
  assert.match(complaint(`${fields}${'['.repeat(500)}${']'.repeat(500)}}]}`), /nested deeper than 100/);
  assert.match(complaint(`${fields}&a [*a]}]}`), /nested deeper|no anchor|Unresolved/);
});

test('a key named __proto__ is a key like any other', () => {
  const [document] = readManifests('{apiVersion: v1, kind: ConfigMap, data: {__proto__: x, a: b}}', '-');
  assert.ok(document?.kind === 'ConfigMap');
  assert.deepEqual(Object.entries(document.object.data ?? {}), [
    ['__proto__', 'x'],
    ['a', 'b'],
  ]);
  assert.equal(Object.getPrototypeOf(document.object.data), Object.prototype);
});

test('a field is located where it stands, or else where its parent stands', () => {
  const [document] = readManifests(POD, 'pod.yaml');
  assert.equal(document?.locate('spec.containers[0].image'), 'pod.yaml:8:5');
  assert.equal(document?.locate('spec.containers[0].ports[3].name'), 'pod.yaml:7:5');
  assert.equal(document?.locate('status'), 'pod.yaml:1:1');
});

test('no text makes the reader fail in another way than by saying what is wrong', () => {
  const words = fc.constantFrom(
    'apiVersion: v1',
    'kind: Pod',
    'metadata:',
    '  name: x',
    'spec:',
    '- a',
    '{',
    '}',
    '[',
    '&a',
    '*a',
    '<<: *a',
    '"',
    ': ',
    '\n',
    '---',
    '\t',
    '|',
    '!!binary',
    '%YAML 9',
    '\u0000',
    '? ',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words).map((list) => list.join('\n')),
        fc.array(words).map((list) => list.join(' ')),
      ),
      (text) => {
        try {
          readManifests(text, '-');
        } catch (error) {
          assert.ok(error instanceof ManifestError, `${JSON.stringify(text)}: ${String(error)}`);
        }
      },
    ),
    { numRuns: 300 },
  );
});
