/** Fields of requests whose effect the kernel shows. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SecurityProfile_ProfileType } from '../../../src/cri/api/runtime_pb.ts';
import { busyboxImage, pushImage, startRegistry } from '../support/registry.ts';
import { type Case, CODE, assertCode } from './conformance-case.ts';

/** What containerd 1.6, whose API is older, leaves out without a word, and how that shows. */
const IGNORED = /ignored/;
const { Localhost, RuntimeDefault } = SecurityProfile_ProfileType;
const USER = { username: 'me', password: 'secret' };
const HTPASSWD = 'me:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';
const ENABLED = '/sys/module/apparmor/parameters/enabled';
const hasAppArmor = existsSync(ENABLED) && readFileSync(ENABLED, 'utf8').trim() === 'Y';

export const FIELD_CASES: readonly Case[] = [
  {
    verb: 'seccomp',
    says: 'a profile of the node is the filter',
    run: async (subject) => {
      const localhostRef = join(subject.directory, 'profile.json');
      const denied = { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' };
      writeFileSync(localhostRef, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [denied] }));
      const seccomp = { profileType: Localhost, localhostRef };
      const id = await subject.started(await subject.common(), { security: { seccomp } });
      assert.equal(
        await subject.shell(id, 'mkdir /x 2>/dev/null || echo refused; touch /y && echo made'),
        'refused\nmade\n',
      );
    },
  },
  {
    verb: 'apparmor',
    says: `a profile that cannot confine is an error (this kernel has ${hasAppArmor ? '' : 'no '}AppArmor)`,
    run: async (subject) => {
      const pod = await subject.common();
      const localhost = { profileType: Localhost, localhostRef: 'no-such-profile' };
      await assert.rejects(subject.started(pod, { security: { apparmor: localhost } }), /apparmor/i);
      const asked = subject.started(pod, { security: { apparmor: { profileType: RuntimeDefault } } });
      if (!hasAppArmor) return assert.rejects(asked, /apparmor/i);
      const confined = await asked.then(
        (id) => subject.shell(id, 'cat /proc/self/attr/current'),
        (error: unknown) => String(error),
      );
      assert.match(confined, /enforce|no profile for containers/);
    },
  },
  {
    verb: 'image mounts',
    says: 'an image is mounted read-only, or a part of it',
    differs: { containerd: /mkdir|host_?path|mount/i },
    run: async (subject) => {
      const { image } = subject;
      const mounts = [
        { containerPath: '/whole', image: { image }, readonly: true },
        { containerPath: '/part', image: { image }, imageSubPath: 'etc', readonly: true },
      ];
      const id = await subject.started(await subject.common(), { mounts });
      const seen = await subject.shell(
        id,
        'cat /whole/etc/group | head -n 1; cat /part/group | head -n 1; touch /part/x 2>/dev/null || echo refused',
      );
      assert.equal(seen, 'root:x:0:\nroot:x:0:\nrefused\n');
      const out = [{ containerPath: '/out', image: { image }, imageSubPath: '../..', readonly: true }];
      await assert.rejects(subject.created(await subject.common(), { mounts: out }));
    },
  },
  {
    verb: 'add_ambient_capabilities',
    says: 'any user of the container has them',
    differs: { containerd: IGNORED },
    run: async (subject) => {
      const capabilities = { addCapabilities: ['NET_ADMIN'], addAmbientCapabilities: ['NET_ADMIN'] };
      const security = { capabilities, runAsUser: { value: 1000n } };
      const id = await subject.started(await subject.common(), { security });
      const mask = /^CapAmb:\s*([0-9a-f]+)/m.exec(await subject.shell(id, 'cat /proc/self/status'))?.[1];
      assert.equal(BigInt(`0x${mask}`), 1n << 12n, 'ignored');
    },
  },
  {
    verb: 'CDI_devices',
    says: 'a device that no file describes is an error; one that is described is in the container',
    differs: { containerd: IGNORED },
    run: async (subject) => {
      const pod = await subject.common();
      const kind = `${subject.name}.example/test${process.pid}`;
      const name = `${kind}=zero`;
      const missing = await subject.created(pod, { CDIDevices: [{ name }] }).then(
        () => 'ignored',
        (error: unknown) => String(error),
      );
      assert.match(missing, /unresolvable CDI devices/, 'ignored');
      await mkdir('/var/run/cdi', { recursive: true });
      const file = `/var/run/cdi/peapod-test-${process.pid}.json`;
      const containerEdits = {
        env: ['CDI=yes'],
        deviceNodes: [{ path: '/dev/cdi0', hostPath: '/dev/zero' }],
      };
      await writeFile(
        file,
        JSON.stringify({ cdiVersion: '0.6.0', kind, devices: [{ name: 'zero', containerEdits }] }),
      );
      try {
        const id = await subject.started(pod, { CDIDevices: [{ name }] });
        assert.equal(await subject.shell(id, 'echo $CDI; head -c 5 /dev/cdi0 | wc -c'), 'yes\n5\n');
      } finally {
        rmSync(file);
      }
    },
  },
  {
    verb: 'devices',
    says: 'a device of the node is in the container, with the permissions that were named',
    run: async (subject) => {
      const devices = [{ containerPath: '/dev/told', hostPath: '/dev/full', permissions: 'r' }];
      const id = await subject.started(await subject.common(), { linux: {}, devices });
      const seen = await subject.shell(
        id,
        'head -c 3 /dev/told | wc -c; echo x 2>/dev/null >/dev/told || echo refused; ls /dev/full >/dev/null && echo own',
      );
      assert.equal(seen, '3\nrefused\nown\n');
    },
  },
  {
    verb: 'hugepage_limits',
    says: 'limit the huge pages of each size',
    differs: { containerd: IGNORED },
    run: async (subject) => {
      const resources = { hugepageLimits: [{ pageSize: '2MB', limit: 4_194_304n }] };
      const id = await subject.started(await subject.common(), { linux: { resources } });
      const file = `/sys/fs/cgroup/hugetlb${subject.cgroupParent}/${id}/hugetlb.2MB.limit_in_bytes`;
      assert.equal(readFileSync(file, 'utf8').trim(), '4194304', 'ignored');
    },
  },
  {
    verb: 'memory_swap_limit_in_bytes',
    says: 'limits memory and swap together',
    run: async (subject) => {
      const resources = { memoryLimitInBytes: 67_108_864n, memorySwapLimitInBytes: 134_217_728n };
      const id = await subject.started(await subject.common(), { linux: { resources } });
      const file = `/sys/fs/cgroup/memory${subject.cgroupParent}/${id}/memory.memsw.limit_in_bytes`;
      assert.equal(readFileSync(file, 'utf8').trim(), '134217728');
    },
  },
  {
    verb: 'ContainerStats',
    says: 'tells of swap, and of pressure where the kernel keeps account of it',
    differs: { containerd: IGNORED },
    run: async (subject) => {
      const resources = { memoryLimitInBytes: 67_108_864n, memorySwapLimitInBytes: 134_217_728n };
      const containerId = await subject.started(await subject.common(), { linux: { resources } });
      const { stats } = await subject.runtime.containerStats({ containerId });
      assert.equal(stats?.swap?.swapUsageBytes?.value, 0n, 'ignored');
      assert.equal(stats.swap.swapAvailableBytes?.value, 67_108_864n);
      if (!existsSync('/sys/fs/cgroup/unified/cpu.pressure')) return;
      for (const psi of [stats.cpu?.psi, stats.memory?.psi, stats.io?.psi])
        assert.ok(psi?.Some !== undefined && psi.Full !== undefined);
    },
  },
  {
    verb: 'PullImage',
    says: 'uses the credentials of the message, and is an error without or with wrong ones',
    run: async (subject) => {
      await using registry = await startRegistry({ htpasswd: HTPASSWD });
      const { reference } = await pushImage(registry, 'private:1', busyboxImage(), USER);
      const image = { image: reference };
      await assert.rejects(subject.images.pullImage({ image }), { name: 'PeapodError' });
      await assert.rejects(subject.images.pullImage({ image, auth: { ...USER, password: 'no' } }), {
        name: 'PeapodError',
      });
      const auth = Buffer.from(`${USER.username}:${USER.password}`).toString('base64');
      const { imageRef } = await subject.images.pullImage({ image, auth: { auth } });
      assert.ok((await subject.images.imageStatus({ image: { image: imageRef } })).image);
      await subject.images.removeImage({ image });
      await subject.images.pullImage({ image, auth: USER });
      await subject.images.removeImage({ image });
    },
  },
  {
    verb: 'CheckpointContainer',
    says: 'is an error for a container that does not run',
    differs: { containerd: /12|not implemented/ },
    run: async (subject) => {
      const containerId = await subject.created(await subject.common());
      const location = join(subject.directory, 'c.tar');
      await assertCode(
        subject.runtime.checkpointContainer({ containerId, location }),
        CODE.failedPrecondition,
      );
      assert.ok(!existsSync(location));
    },
  },
];
