import assert from 'node:assert/strict';
import test from 'node:test';
import { C, containerErrors, specErrors, type ErrorCase, unexpected } from './testing/pod-errors.ts';

const CASES: readonly ErrorCase[] = [
  [
    'a uid that wraps around',
    () => containerErrors({ securityContext: { runAsUser: 4_294_967_296 } }),
    [
      `${C}.securityContext.runAsUser: Invalid value: 4294967296: must be between 0 and 2147483647, inclusive`,
    ],
  ],
  [
    'a negative gid',
    () => specErrors({ securityContext: { runAsGroup: -1, supplementalGroups: [1, 2 ** 31] } }),
    [
      'spec.securityContext.runAsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive',
      'spec.securityContext.supplementalGroups[1]: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive',
    ],
  ],
  [
    'privilege without escalation',
    () => containerErrors({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
    [
      /securityContext: Invalid value: \{.*\}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true/,
    ],
  ],
  [
    'a local profile without name',
    () => specErrors({ securityContext: { seccompProfile: { type: 'Localhost' } } }),
    [
      'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
    ],
  ],
  [
    'a local profile elsewhere',
    () =>
      specErrors({ securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: '../x' } } }),
    [/localhostProfile: Invalid value: "\.\.\/x": must not contain '\.\.'/],
  ],
  [
    "an unmasked /proc with the host's users",
    () => containerErrors({ securityContext: { procMount: 'Unmasked' } }),
    [
      `${C}.securityContext.procMount: Invalid value: "Unmasked": \`hostUsers\` must be false to use \`Unmasked\``,
    ],
  ],
  [
    'a sysctl that is a command',
    () =>
      specErrors({
        securityContext: {
          sysctls: [
            { name: 'kernel.shm_rmid_forced+kernel.core_pattern', value: '1' },
            { name: 'net.a', value: '1\n2' },
          ],
        },
      }),
    [
      /sysctls\[0\]\.name: Invalid value: "kernel\.shm_rmid_forced\+kernel\.core_pattern": must have at most 253 characters and match regex/,
      /sysctls\[1\]\.value: .*must not contain control characters/,
    ],
  ],
  [
    'a sysctl twice',
    () =>
      specErrors({
        securityContext: {
          sysctls: [
            { name: 'net.a', value: '1' },
            { name: 'net/a', value: '1' },
          ],
        },
      }),
    ['spec.securityContext.sysctls[1].name: Duplicate value: "net/a"'],
  ],
  [
    'two ideas of PIDs',
    () => specErrors({ hostPID: true, shareProcessNamespace: true }),
    [
      'spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
    ],
  ],
  [
    "own users on the host's network",
    () => specErrors({ hostUsers: false, hostNetwork: true }),
    ['spec.hostNetwork: Forbidden: when `hostUsers` is false'],
  ],
];

for (const [name, errors, expected] of CASES) {
  test(`${name}: ${expected.length === 0 ? 'fine' : 'refused by name'}`, () => {
    assert.deepEqual(unexpected(errors(), expected), []);
  });
}
