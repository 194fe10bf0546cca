import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import type { PodSandboxStatus } from '../../runtime/pod-runtime.ts';
import { ContainerConfigSchema } from '../api/runtime_pb.ts';
import { checkInSandbox } from './check-in-sandbox.ts';

test('a label is refused where the kernel has SELinux, and means nothing where it has none', () => {
  const config = create(ContainerConfigSchema, {
    mounts: [{ containerPath: '/a' }, { selinuxRelabel: true }],
  });
  const sandbox = { namespaces: { network: 'POD', pid: 'POD', ipc: 'POD' } } as PodSandboxStatus;
  checkInSandbox(config, sandbox, () => false);
  assert.throws(() => checkInSandbox(config, sandbox, () => true), {
    code: 'Unsupported',
    message: /^config\.mounts\[1\]\.selinux_relabel: /,
  });
});
