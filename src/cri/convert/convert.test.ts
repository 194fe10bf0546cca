import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AuthConfigSchema,
  ContainerConfigSchema,
  LinuxContainerSecurityContextSchema,
  NamespaceMode,
  PodSandboxConfigSchema,
  SecurityProfile_ProfileType as Profile,
  Signal,
} from '../api/runtime_pb.ts';
import { pullAuth } from './auth.ts';
import { containerConfigFrom } from './container-config.ts';
import { signalName, signalValue } from './enums.ts';
import { imageUser } from './images.ts';
import { sandboxConfigFrom } from './sandbox-config.ts';
import { containerSecurityFrom } from './security-context.ts';

type Security = MessageInitShape<typeof LinuxContainerSecurityContextSchema>;
const security = (init: Security) =>
  containerSecurityFrom(create(LinuxContainerSecurityContextSchema, init), 'security_context');

const sandbox = (init: MessageInitShape<typeof PodSandboxConfigSchema>) =>
  sandboxConfigFrom(
    create(PodSandboxConfigSchema, {
      metadata: { name: 'a', namespace: 'b', uid: 'c' },
      ...init,
    } as typeof init),
    '',
  );

test('an unset seccomp profile is unconfined, and the older way to write one still counts', () => {
  assert.deepEqual(security({}).seccomp, { type: 'Unconfined' });
  assert.deepEqual(security({ seccomp: { profileType: Profile.RuntimeDefault } }).seccomp, {
    type: 'RuntimeDefault',
  });
  assert.deepEqual(security({ seccompProfilePath: 'runtime/default' }).seccomp, { type: 'RuntimeDefault' });
  assert.deepEqual(security({ seccompProfilePath: 'localhost//p.json' }).seccomp, {
    type: 'Localhost',
    localhostRef: '/p.json',
  });
  assert.deepEqual(security({ apparmorProfile: 'localhost/mine' }).apparmor, {
    type: 'Localhost',
    localhostRef: 'mine',
  });
});

for (const [what, init, message] of [
  ['a group without a user', { runAsGroup: { value: 1n } }, /run_as_group/],
  ['a user by number and name', { runAsUser: { value: 1n }, runAsUsername: 'a' }, /run_as_username/],
  ['a negative user', { runAsUser: { value: -1n } }, /run_as_user/],
  [
    'a relative seccomp profile',
    { seccomp: { profileType: Profile.Localhost, localhostRef: 'p' } },
    /localhost_ref/,
  ],
  ['a profile of no known type', { seccompProfilePath: 'x' }, /seccomp_profile_path/],
] as [string, Security, RegExp][]) {
  test(`${what} is refused by the field's name`, () =>
    assert.throws(() => security(init), { code: 'Invalid', message }));
}

test('SELinux labels are refused, not ignored', () => {
  assert.throws(() => security({ selinuxOptions: { type: 'spc_t' } }), {
    code: 'Unsupported',
    message: /selinux/,
  });
});

test('masked paths are those of the message, and none for a privileged container', () => {
  assert.deepEqual(security({ maskedPaths: ['/a'], readonlyPaths: ['/b'] }).maskedPaths, ['/a']);
  assert.deepEqual(security({ maskedPaths: ['/a'], privileged: true }).maskedPaths, []);
});

test('a sandbox has a hostname, and ports of the host only where they are named', () => {
  const config = sandbox({ portMappings: [{ containerPort: 80 }, { containerPort: 81, hostPort: 8081 }] });
  assert.equal(config.hostname, 'a');
  assert.deepEqual(
    config.portMappings.map(({ hostPort }) => hostPort),
    [8081],
  );
  assert.equal(config.linux.namespaces.pid, 'POD');
  const linux = { securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } };
  assert.equal(sandbox({ linux, hostname: 'x' }).hostname, '');
  assert.throws(() => sandbox({ logDirectory: 'relative' }), { code: 'Invalid', message: /log_directory/ });
  assert.throws(() => sandboxConfigFrom(undefined, ''), {
    code: 'Invalid',
    message: 'config: Required value',
  });
});

test('a container needs a name and an image, and shows the reference that the user wrote', () => {
  const from = (init: MessageInitShape<typeof ContainerConfigSchema>) =>
    containerConfigFrom(create(ContainerConfigSchema, init));
  assert.throws(() => from({ image: { image: 'i' } }), { message: 'config.metadata: Required value' });
  assert.throws(() => from({ metadata: { name: 'a' } }), { message: 'config.image.image: Required value' });
  const image = { image: 'sha256:1', userSpecifiedImage: 'busybox' };
  assert.equal(from({ metadata: { name: 'a' }, image }).userImage, 'busybox');
});

test('signals have the names that images use', () => {
  assert.equal(signalName(Signal.SIGRTMINPLUS3, ''), 'SIGRTMIN+3');
  assert.equal(signalName(Signal.RUNTIME_DEFAULT, ''), undefined);
  for (const [name, value] of [
    ['SIGRTMAX-1', Signal.SIGRTMAXMINUS1],
    ['term', Signal.SIGTERM],
    ['SIGNOTHING', Signal.RUNTIME_DEFAULT],
  ] as const)
    assert.equal(signalValue(name), value);
});

test('the user of an image is a number or a name', () => {
  assert.deepEqual(imageUser('1000:1000'), { uid: { value: 1000n } });
  assert.deepEqual(imageUser('web:web'), { username: 'web' });
  assert.deepEqual(imageUser(''), { uid: { value: 0n } });
});

test('credentials are shown to no other server than theirs', () => {
  const auth = (init: MessageInitShape<typeof AuthConfigSchema>, reference = 'r.example/a:1') =>
    pullAuth(create(AuthConfigSchema, init), reference);
  const own = { username: 'u', password: 'p' };
  assert.deepEqual(auth(own), own);
  assert.deepEqual(auth({ ...own, serverAddress: 'https://r.example/v1/' }), own);
  assert.equal(auth({ ...own, serverAddress: 'other.example' }), undefined);
  assert.deepEqual(auth({ ...own, serverAddress: 'https://index.docker.io/v1/' }, 'busybox'), own);
  assert.deepEqual(auth({ auth: Buffer.from('u:p:q').toString('base64') }), {
    username: 'u',
    password: 'p:q',
  });
  assert.deepEqual(auth({ identityToken: 't' }), { identityToken: 't' });
  assert.throws(
    () => auth({ auth: 'eA==' }),
    (error: Error) => !error.message.includes('eA=='),
  );
});
