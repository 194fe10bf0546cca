import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CAPABILITIES } from './capabilities.ts';
import { defaultSeccomp } from './seccomp-default.ts';
import { parseSeccompProfile } from './seccomp-localhost.ts';
import { ALLOWED_SYSCALLS, REFUSED_SYSCALLS } from './seccomp-syscalls.ts';

const usual = defaultSeccomp('x64', new Set(DEFAULT_CAPABILITIES));

function actionsFor(name: string, profile = usual): string[] {
  return profile.syscalls
    .filter((rule) => rule.names.includes(name))
    .map((rule) => `${rule.action}${rule.errnoRet ? `:${rule.errnoRet}` : ''}${rule.args ? '?' : ''}`);
}

for (const [name, expected] of [
  ['openat', ['SCMP_ACT_ALLOW']],
  ['chroot', ['SCMP_ACT_ALLOW']],
  ['clone', ['SCMP_ACT_ALLOW?']],
  ['clone3', []],
  ['mount', ['SCMP_ACT_ERRNO:1']],
  ['unshare', ['SCMP_ACT_ERRNO:1']],
  ['setns', ['SCMP_ACT_ERRNO:1']],
  ['bpf', ['SCMP_ACT_ERRNO:1']],
  ['keyctl', ['SCMP_ACT_ERRNO:1']],
  ['io_uring_setup', ['SCMP_ACT_ERRNO:1']],
  ['a_call_of_the_future', []],
  ['socket', ['SCMP_ACT_ALLOW?', 'SCMP_ACT_ALLOW?', 'SCMP_ACT_ALLOW?']],
] as const) {
  test(`by default ${name} is answered with ${expected.join(', ') || 'ENOSYS'}`, () => {
    assert.deepEqual(actionsFor(name), expected);
    assert.equal(usual.defaultErrnoRet, 38);
  });
}

test('CAP_SYS_ADMIN opens mount, unshare and both clones', () => {
  const profile = defaultSeccomp('x64', new Set(['CAP_SYS_ADMIN']));
  for (const name of ['mount', 'unshare', 'clone', 'clone3', 'setns']) {
    assert.deepEqual(actionsFor(name, profile), ['SCMP_ACT_ALLOW'], name);
  }
  assert.deepEqual(actionsFor('chroot', profile), ['SCMP_ACT_ERRNO:1']);
});

test('a call that one of two capabilities opens is open with either', () => {
  assert.deepEqual(actionsFor('bpf', defaultSeccomp('x64', new Set(['CAP_BPF']))), ['SCMP_ACT_ALLOW']);
});

test('no call is both allowed and refused', () => {
  assert.deepEqual(
    ALLOWED_SYSCALLS.filter((name) => REFUSED_SYSCALLS.includes(name)),
    [],
  );
  const allowed = usual.syscalls[0]?.names ?? [];
  const refused = usual.syscalls.at(-1)?.names ?? [];
  assert.deepEqual(
    allowed.filter((name) => refused.includes(name)),
    [],
  );
});

test("sockets to the hypervisor and to the kernel's crypto are not allowed", () => {
  const passes = (family: number) =>
    usual.syscalls
      .filter((rule) => rule.names.includes('socket'))
      .some((rule) =>
        rule.args?.every(({ op, value }) =>
          op === 'SCMP_CMP_LT' ? family < value : op === 'SCMP_CMP_GT' ? family > value : family === value,
        ),
      );
  assert.deepEqual([1, 2, 10, 16, 38, 39, 40, 41].filter(passes), [1, 2, 10, 16, 39, 41]);
});

test('each architecture names its own families', () => {
  assert.deepEqual(defaultSeccomp('arm64', new Set()).architectures, ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']);
  assert.deepEqual(actionsFor('modify_ldt', defaultSeccomp('arm64', new Set())), []);
});

test('a profile of the node is read, and what it must not say is left out', () => {
  const profile = parseSeccompProfile(
    'p.json',
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      listenerPath: '/run/evil.sock',
      syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO', errnoRet: 1, includes: {} }],
    }),
  );
  assert.deepEqual(profile, {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
  });
});

for (const [text, message] of [
  ['{', /p\.json.*not JSON/],
  ['[]', /not an object/],
  ['{}', /defaultAction/],
  ['{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_ALLOW"}]}', /syscalls\[0\]\.names/],
  ['{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["x"],"action":"BAD"}]}', /syscalls\[0\]\.action/],
  [
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["x"],"action":"SCMP_ACT_LOG","args":[{"index":9}]}]}',
    /index/,
  ],
] as const) {
  test(`the profile ${text} is refused`, () => {
    assert.throws(() => parseSeccompProfile('p.json', text), { code: 'CreateContainerError', message });
  });
}
