/** What each kind of patch makes of an object. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { applyJsonPatch, JsonPatchError } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch, StrategicPatchError } from './strategic-merge-patch.ts';

/** RFC 7386, appendix A. */
const MERGES: readonly [target: unknown, patch: unknown, result: unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'foo' }, null, null],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test('merge patches do what their standard says', () => {
  for (const [target, patch, result] of MERGES) assert.deepEqual(applyMergePatch(target, patch), result);
});

/** RFC 6902, appendix A. */
const OPERATIONS: readonly [document: unknown, patch: unknown[], result: unknown][] = [
  [{ foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { foo: 'bar', baz: 'qux' }],
  [{ foo: ['bar', 'baz'] }, [{ op: 'add', path: '/foo/1', value: 'qux' }], { foo: ['bar', 'qux', 'baz'] }],
  [{ baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
  [{ foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['bar', 'baz'] }],
  [{ baz: 'qux' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo' }],
  [{ foo: { a: 1 }, qux: {} }, [{ op: 'move', from: '/foo/a', path: '/qux/b' }], { foo: {}, qux: { b: 1 } }],
  [
    { foo: ['all', 'grass', 'cows', 'eat'] },
    [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
    { foo: ['all', 'cows', 'eat', 'grass'] },
  ],
  [{ foo: ['bar'] }, [{ op: 'add', path: '/foo/-', value: ['abc'] }], { foo: ['bar', ['abc']] }],
  [
    { 'a/b': 1, 'm~n': 2 },
    [
      { op: 'test', path: '/a~1b', value: 1 },
      { op: 'test', path: '/m~0n', value: 2 },
    ],
    { 'a/b': 1, 'm~n': 2 },
  ],
  [
    { foo: 1 },
    [
      { op: 'copy', from: '/foo', path: '/bar' },
      { op: 'replace', path: '', value: [] },
    ],
    [],
  ],
];

test('JSON patches do what their standard says', () => {
  for (const [document, patch, result] of OPERATIONS)
    assert.deepEqual(applyJsonPatch(document, patch), result);
});

test('a JSON patch that does not fit is refused whole, and the document stays as it was', () => {
  const document = { foo: { bar: 1 }, list: [1] };
  const before = structuredClone(document);
  for (const operation of [
    { op: 'test', path: '/foo/bar', value: 2 },
    { op: 'remove', path: '/none' },
    { op: 'replace', path: '/none', value: 1 },
    { op: 'add', path: '/none/deep', value: 1 },
    { op: 'add', path: '/list/2', value: 1 },
    { op: 'add', path: '/list/-1', value: 1 },
    { op: 'add', path: 'no-slash', value: 1 },
    { op: 'add', path: '/__proto__/polluted', value: 1 },
    { op: 'move', from: '/foo', path: '/foo/bar' },
    { op: 'wrong', path: '/foo' },
    { op: 'add', path: '/foo' },
    'nonsense',
  ]) {
    assert.throws(
      () => applyJsonPatch(document, [{ op: 'add', path: '/x', value: 1 }, operation]),
      JsonPatchError,
    );
  }
  assert.throws(
    () =>
      applyJsonPatch(
        document,
        Array.from({ length: 10_001 }, () => ({ op: 'test', path: '' })),
      ),
    /10000/,
  );
  assert.deepEqual(document, before);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

const container = (name: string, more: object = {}) => ({ name, image: `${name}:1`, ...more });
const podWith = (containers: object[], more: object = {}) => ({ spec: { containers, ...more } });

const STRATEGIC: readonly [title: string, original: object, patch: object, result: object][] = [
  [
    'a container is found by its name',
    podWith([container('a'), container('b')]),
    podWith([{ name: 'b', image: 'b:2' }]),
    podWith([container('a'), { name: 'b', image: 'b:2' }]),
  ],
  [
    'one that is new is added, one that is to go goes',
    podWith([container('a'), container('b')]),
    podWith([
      { name: 'c', image: 'c:1' },
      { name: 'a', $patch: 'delete' },
    ]),
    podWith([container('b'), { name: 'c', image: 'c:1' }]),
  ],
  [
    'variables are merged within their container',
    podWith([
      container('a', {
        env: [
          { name: 'X', value: '1' },
          { name: 'Y', value: '2' },
        ],
      }),
    ]),
    podWith([
      {
        name: 'a',
        env: [
          { name: 'Y', value: '3' },
          { name: 'Z', value: '4' },
        ],
      },
    ]),
    podWith([
      container('a', {
        env: [
          { name: 'X', value: '1' },
          { name: 'Y', value: '3' },
          { name: 'Z', value: '4' },
        ],
      }),
    ]),
  ],
  [
    'a list without a key is replaced',
    podWith([container('a', { command: ['x', 'y'] })], { tolerations: [{ key: 'a' }] }),
    podWith([{ name: 'a', command: ['z'] }], { tolerations: [{ key: 'b' }] }),
    podWith([container('a', { command: ['z'] })], { tolerations: [{ key: 'b' }] }),
  ],
  [
    'the order is the one that is asked for; what only the server has stays among its neighbours',
    podWith([container('a'), container('server'), container('b')]),
    {
      spec: {
        '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }, { name: 'new' }],
        containers: [{ name: 'new', image: 'new:1' }],
      },
    },
    podWith([container('server'), container('b'), container('a'), { name: 'new', image: 'new:1' }]),
  ],
  [
    'a volume keeps only the keys that are named',
    podWith([], { volumes: [{ name: 'v', emptyDir: {} }] }),
    podWith([], { volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } }] }),
    podWith([], { volumes: [{ name: 'v', configMap: { name: 'c' } }] }),
  ],
  [
    'finalizers are united, and taken away by name',
    { metadata: { finalizers: ['a', 'b'] } },
    { metadata: { finalizers: ['c'], '$deleteFromPrimitiveList/finalizers': ['a'] } },
    { metadata: { finalizers: ['b', 'c'] } },
  ],
  [
    'an object is replaced, or emptied, when that is said',
    { metadata: { labels: { a: '1', b: '2' }, annotations: { x: 'y' } } },
    { metadata: { labels: { $patch: 'replace', c: '3' }, annotations: { $patch: 'delete' } } },
    { metadata: { labels: { c: '3' }, annotations: {} } },
  ],
  [
    'null takes a field away',
    { metadata: { labels: { a: '1', b: '2' } } },
    { metadata: { labels: { a: null } } },
    { metadata: { labels: { b: '2' } } },
  ],
];

for (const [title, original, patch, result] of STRATEGIC) {
  test(`strategic merge: ${title}`, () => {
    const before = structuredClone(original);
    assert.deepEqual(applyStrategicMergePatch(original, patch, 'Pod'), result);
    assert.deepEqual(original, before);
  });
}

test('a strategic patch that is malformed is refused', () => {
  for (const patch of [
    podWith([{ image: 'nameless' }]),
    podWith(['text'] as unknown as object[]),
    { spec: { $patch: 'explode' } },
    { spec: { $retainKeys: 'x' } },
    { spec: { '$setElementOrder/containers': 7 } },
    { metadata: { '$deleteFromPrimitiveList/finalizers': {} } },
  ])
    assert.throws(
      () => applyStrategicMergePatch(podWith([container('a')]), patch, 'Pod'),
      StrategicPatchError,
    );
  assert.throws(() => applyStrategicMergePatch({}, [], 'Pod'), StrategicPatchError);
});

test('a JSON patch cannot make a document grow without bound', () => {
  const grow = Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '', path: `/x${index}` }));
  assert.throws(() => applyJsonPatch({ a: 'some text' }, grow), /accumulated size increase/);
});

test('ports with the same number stay apart where a patch names neither', () => {
  const ports = [
    { containerPort: 53, protocol: 'UDP' },
    { containerPort: 53, protocol: 'TCP' },
  ];
  const patch = podWith([{ name: 'a', ports: [{ containerPort: 80 }] }]);
  assert.deepEqual(
    applyStrategicMergePatch(podWith([container('a', { ports })]), patch, 'Pod'),
    podWith([container('a', { ports: [...ports, { containerPort: 80 }] })]),
  );
});

test('long lists are merged and ordered in one pass', () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `v${index}`);
  const list = names.map((name) => ({ name }));
  const patch = {
    spec: {
      '$setElementOrder/volumes': list.toReversed(),
      volumes: names.map((name) => ({ name, emptyDir: {} })),
    },
  };
  const merged = applyStrategicMergePatch({ spec: { volumes: list } }, patch, 'Pod');
  assert.deepEqual(merged, {
    spec: { volumes: names.toReversed().map((name) => ({ name, emptyDir: {} })) },
  });
});

test('whatever patches hold, they end in an object or in an error of their own', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (document, patch) => {
      assert.deepEqual(
        applyMergePatch(applyMergePatch(document, patch), patch),
        applyMergePatch(document, patch),
      );
      try {
        applyJsonPatch(document, patch);
      } catch (error) {
        assert.ok(error instanceof JsonPatchError);
      }
      try {
        applyStrategicMergePatch(document, patch, 'Pod');
      } catch (error) {
        assert.ok(error instanceof StrategicPatchError);
      }
    }),
    { numRuns: 500 },
  );
});
