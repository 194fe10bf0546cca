import assert from 'node:assert/strict';
import test from 'node:test';
import { specErrors, type ErrorCase, unexpected } from './testing/pod-errors.ts';

const CASES: readonly ErrorCase[] = [
  [
    'a bad alias',
    () => specErrors({ hostAliases: [{ ip: '1.2.3', hostnames: ['a\nb'] }] }),
    [
      /hostAliases\[0\]\.ip: Invalid value: "1\.2\.3": must be a valid IP address/,
      /hostAliases\[0\]\.hostnames\[0\]: Invalid value: "a\\nb"/,
    ],
  ],
  [
    'too many nameservers',
    () => specErrors({ dnsConfig: { nameservers: ['1.1.1.1', '::1', '1.1.1.2', '1.1.1.3'] } }),
    [/dnsConfig\.nameservers: Invalid value: .*: must not have more than 3 nameservers/],
  ],
  [
    'searches as they are used',
    () => specErrors({ dnsConfig: { searches: ['svc.cluster.local.', '.', '_tcp.example.com'] } }),
    [],
  ],
  [
    'no nameserver',
    () => specErrors({ dnsPolicy: 'None' }),
    ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
  ],
  [
    'an option with a line break',
    () => specErrors({ dnsConfig: { options: [{ name: 'ndots', value: '1\nnameserver 6.6.6.6' }] } }),
    [/options\[0\]\.value: .*must not contain control characters/],
  ],

  [
    'a toleration',
    () =>
      specErrors({
        tolerations: [
          { operator: 'Exists', key: 'a', value: 'b' },
          { value: 'x' },
          { key: 'a', effect: 'NoSchedule', tolerationSeconds: 1 },
        ],
      }),
    [
      /tolerations\[0\]\.operator: Invalid value: "b": value must be empty when `operator` is 'Exists'/,
      /tolerations\[1\]\.operator: .*operator must be Exists when `key` is empty/,
      /tolerations\[2\]\.effect: Invalid value: "NoSchedule": effect must be 'NoExecute'/,
    ],
  ],
  [
    'an affinity',
    () =>
      specErrors({
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }],
            },
          },
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 0, podAffinityTerm: { topologyKey: '' } },
            ],
          },
        },
      }),
    [
      /values: Required value: must be specified when `operator` is 'In' or 'NotIn'/,
      /weight: Invalid value: 0: must be in the range 1-100/,
      /topologyKey: Required value: can not be empty/,
    ],
  ],
  [
    'a spread',
    () =>
      specErrors({
        topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'z', whenUnsatisfiable: 'Never' }],
      }),
    [
      /maxSkew: Invalid value: 0: must be greater than zero/,
      /whenUnsatisfiable: Unsupported value: "Never": supported values: "DoNotSchedule", "ScheduleAnyway"/,
    ],
  ],
];

for (const [name, errors, expected] of CASES) {
  test(`${name}: ${expected.length === 0 ? 'fine' : 'refused by name'}`, () => {
    assert.deepEqual(unexpected(errors(), expected), []);
  });
}
