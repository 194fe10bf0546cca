import assert from 'node:assert/strict';
import test from 'node:test';
import {
  C,
  containerErrors,
  mountErrors,
  specErrors,
  type ErrorCase,
  unexpected,
  volumeErrors,
} from './testing/pod-errors.ts';

const CASES: readonly ErrorCase[] = [
  [
    'two volume sources',
    () => volumeErrors({ emptyDir: {}, hostPath: { path: '/x' } }),
    ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
  ],
  [
    'a volume twice',
    () => specErrors({ volumes: [{ name: 'v' }, { name: 'v' }] }),
    ['spec.volumes[1].name: Duplicate value: "v"'],
  ],
  [
    'an upward hostPath',
    () => volumeErrors({ hostPath: { path: '/a/../b' } }),
    ['spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\''],
  ],
  [
    'a relative hostPath',
    () => volumeErrors({ hostPath: { path: 'a' } }),
    ['spec.volumes[0].hostPath.path: Invalid value: "a": must be an absolute path'],
  ],
  [
    'a hostPath type',
    () => volumeErrors({ hostPath: { path: '/a', type: 'Dir' } }),
    [/hostPath\.type: Unsupported value: "Dir": supported values: "", "BlockDevice"/],
  ],
  [
    'a file mode',
    () => volumeErrors({ configMap: { name: 'c', defaultMode: 0o1777 } }),
    [
      'spec.volumes[0].configMap.defaultMode: Invalid value: 1023: must be a number between 0 and 0777 (octal), both inclusive',
    ],
  ],
  [
    'an item that leaves the volume',
    () =>
      volumeErrors({
        secret: {
          secretName: 's',
          items: [
            { key: 'k', path: '../../etc/passwd' },
            { key: 'k', path: '/x' },
            { key: 'k', path: '..data' },
          ],
        },
      }),
    [
      'spec.volumes[0].secret.items[0].path: Invalid value: "../../etc/passwd": must not contain \'..\'',
      'spec.volumes[0].secret.items[1].path: Invalid value: "/x": must be a relative path',
      'spec.volumes[0].secret.items[2].path: Invalid value: "..data": must not start with \'..\'',
    ],
  ],
  [
    'a downward item of nothing',
    () => volumeErrors({ downwardAPI: { items: [{ path: 'x' }] } }),
    [
      'spec.volumes[0].downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is required',
    ],
  ],
  [
    'a downward resource of no container',
    () =>
      volumeErrors({ downwardAPI: { items: [{ path: 'x', resourceFieldRef: { resource: 'limits.cpu' } }] } }),
    ['spec.volumes[0].downwardAPI.items[0].resourceFieldRef.containerName: Required value'],
  ],
  [
    'a projected file twice',
    () =>
      volumeErrors({
        projected: {
          sources: [
            { configMap: { name: 'a', items: [{ key: 'k', path: 'p' }] } },
            { secret: { name: 'b', items: [{ key: 'k', path: 'p' }] } },
          ],
        },
      }),
    ['spec.volumes[0].projected.sources[1]: Invalid value: "p": conflicting duplicate paths'],
  ],
  [
    'a short-lived token',
    () =>
      volumeErrors({
        projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 5 } }] },
      }),
    [/expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes/],
  ],
  [
    'no claim',
    () => volumeErrors({ persistentVolumeClaim: { claimName: '' } }),
    ['spec.volumes[0].persistentVolumeClaim.claimName: Required value'],
  ],
  [
    'no image to mount',
    () => volumeErrors({ image: {} }),
    ['spec.volumes[0].image.reference: Required value'],
  ],

  ['an unknown volume', () => mountErrors({ name: 'w' }), [`${C}.volumeMounts[0].name: Not found: "w"`]],
  [
    'a path twice',
    () =>
      containerErrors(
        {
          volumeMounts: [
            { name: 'v', mountPath: '/m' },
            { name: 'v', mountPath: '/m' },
          ],
        },
        { volumes: [{ name: 'v' }] },
      ),
    [`${C}.volumeMounts[1].mountPath: Invalid value: "/m": must be unique`],
  ],
  [
    'a subPath that goes up',
    () => mountErrors({ subPath: 'a/../../b' }),
    [`${C}.volumeMounts[0].subPath: Invalid value: "a/../../b": must not contain '..'`],
  ],
  [
    'an absolute subPath',
    () => mountErrors({ subPath: '/etc' }),
    [`${C}.volumeMounts[0].subPath: Invalid value: "/etc": must be a relative path`],
  ],
  [
    'subPath and its expression',
    () => mountErrors({ subPath: 'a', subPathExpr: 'b' }),
    [`${C}.volumeMounts[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive`],
  ],
  [
    'propagation without privilege',
    () => mountErrors({ mountPropagation: 'Bidirectional' }),
    [
      `${C}.volumeMounts[0].mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`,
    ],
  ],
  [
    'propagation with privilege',
    () => mountErrors({ mountPropagation: 'Bidirectional' }, { securityContext: { privileged: true } }),
    [],
  ],
  [
    'recursive read-only that is not read-only',
    () => mountErrors({ recursiveReadOnly: 'Enabled' }),
    [`${C}.volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true`],
  ],
];

for (const [name, errors, expected] of CASES) {
  test(`${name}: ${expected.length === 0 ? 'fine' : 'refused by name'}`, () => {
    assert.deepEqual(unexpected(errors(), expected), []);
  });
}
