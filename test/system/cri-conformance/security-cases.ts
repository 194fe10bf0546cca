import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { SecurityProfile_ProfileType } from '../../../src/cri/api/runtime_pb.ts';
import { type Case, YOUNGER } from './conformance-case.ts';
import type { ContainerWishes, Subject } from './subject.ts';

/** What /proc tells of the container's own shell. */
async function statusOf(
  subject: Subject,
  security: ContainerWishes['security'],
): Promise<Map<string, string>> {
  const id = await subject.started(await subject.common(), security === undefined ? {} : { security });
  const lines = (await subject.shell(id, 'cat /proc/self/status')).split('\n');
  return new Map(lines.map((line) => [line.split(':')[0] ?? '', line.slice(line.indexOf(':') + 1).trim()]));
}

export const SECURITY_CASES: readonly Case[] = [
  {
    verb: 'security_context',
    says: 'without a word on seccomp there is no filter; RuntimeDefault and Unconfined are what they say',
    run: async (subject) => {
      const { RuntimeDefault, Unconfined } = SecurityProfile_ProfileType;
      assert.equal((await statusOf(subject, {})).get('Seccomp'), '0');
      const filtered = await statusOf(subject, { seccomp: { profileType: RuntimeDefault } });
      assert.equal(filtered.get('Seccomp'), '2');
      const free = await statusOf(subject, { seccomp: { profileType: Unconfined } });
      assert.equal(free.get('Seccomp'), '0');
    },
  },
  {
    verb: 'security_context',
    says: 'a seccomp profile of the node that is not there is an error',
    run: async (subject) => {
      const seccomp = {
        profileType: SecurityProfile_ProfileType.Localhost,
        localhostRef: '/nonexistent/profile.json',
      };
      await assert.rejects(statusOf(subject, { seccomp }), /nonexistent/);
    },
  },
  {
    verb: 'security_context',
    says: 'user, group and supplementary groups are those of the configuration',
    run: async (subject) => {
      const status = await statusOf(subject, {
        runAsUser: { value: 1234n },
        runAsGroup: { value: 567n },
        supplementalGroups: [77n, 88n],
      });
      assert.match(status.get('Uid') ?? '', /^1234\s/);
      assert.match(status.get('Gid') ?? '', /^567\s/);
      const groups = (status.get('Groups') ?? '').split(' ');
      assert.ok(groups.includes('77') && groups.includes('88'));
    },
  },
  {
    verb: 'security_context',
    says: 'a group without a user is an error',
    run: async (subject) => {
      await assert.rejects(statusOf(subject, { runAsGroup: { value: 5n } }), { name: 'PeapodError' });
    },
  },
  {
    verb: 'security_context',
    says: 'no_new_privs and the read-only root are what was asked for',
    run: async (subject) => {
      assert.equal((await statusOf(subject, { noNewPrivs: true })).get('NoNewPrivs'), '1');
      assert.equal((await statusOf(subject, { noNewPrivs: false })).get('NoNewPrivs'), '0');
      const id = await subject.started(await subject.common(), { security: { readonlyRootfs: true } });
      assert.equal(await subject.shell(id, 'touch /x 2>/dev/null || echo refused'), 'refused\n');
    },
  },
  {
    verb: 'security_context',
    says: 'capabilities are added and dropped by name, and ALL is all',
    run: async (subject) => {
      const has = (status: Map<string, string>, bit: bigint) =>
        ((BigInt(`0x${status.get('CapBnd') ?? '0'}`) >> bit) & 1n) === 1n;
      const [CHOWN, NET_ADMIN] = [0n, 12n];
      const usual = await statusOf(subject, {});
      assert.deepEqual([has(usual, CHOWN), has(usual, NET_ADMIN)], [true, false]);
      const changed = await statusOf(subject, {
        capabilities: { addCapabilities: ['NET_ADMIN'], dropCapabilities: ['CHOWN'] },
      });
      assert.deepEqual([has(changed, CHOWN), has(changed, NET_ADMIN)], [false, true]);
      const none = await statusOf(subject, { capabilities: { dropCapabilities: ['ALL'] } });
      assert.equal(BigInt(`0x${none.get('CapBnd')}`), 0n);
    },
  },
  {
    verb: 'security_context',
    says: 'masked and read-only paths are those of the list, and none where it is empty',
    run: async (subject) => {
      const pod = await subject.common();
      const writable = 'test -w /proc/sys/kernel/domainname && echo writable';
      const masked = await subject.started(pod, {
        security: { maskedPaths: ['/etc/passwd', '/tmp'], readonlyPaths: ['/var'] },
      });
      assert.equal(
        await subject.shell(
          masked,
          'wc -c </etc/passwd; ls /tmp | wc -l; touch /var/x 2>/dev/null || echo refused',
        ),
        '0\n0\nrefused\n',
      );
      const open = await subject.started(pod, {});
      assert.notEqual((await subject.shell(open, 'wc -c </etc/passwd')).trim(), '0');
      assert.equal(
        await subject.shell(open, `mount | grep -c "on /proc/[^ ]* "; ${writable}; true`),
        '0\nwritable\n',
      );
    },
  },
  {
    verb: 'security_context',
    says: 'a privileged container has all capabilities that there are, and the devices of the node',
    run: async (subject) => {
      const pod = await subject.pod({ privileged: true });
      const id = await subject.started(pod, { security: { privileged: true } });
      const seen = await subject.shell(id, 'test -e /dev/kmsg && echo kmsg; grep CapEff /proc/self/status');
      const own = /CapBnd:\s*([0-9a-f]+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
      assert.match(seen, new RegExp(`^kmsg\nCapEff:\\s*${own}`));
    },
  },
  {
    verb: 'security_context',
    says: 'supplemental_groups_policy Strict leaves the groups of the image out, and the runtime tells that it can',
    differs: { containerd: /cannot/ },
    run: async (subject) => {
      const { features } = await subject.runtime.status({});
      assert.ok(features?.supplementalGroupsPolicy, 'cannot');
      const base = { runAsUser: { value: 33n }, supplementalGroups: [77n] };
      const strict = await statusOf(subject, { ...base, supplementalGroupsPolicy: 1 });
      assert.ok(!(strict.get('Groups') ?? '').split(' ').includes('1042'));
    },
  },
  {
    verb: 'stop_signal',
    says: 'the signal of the configuration ends the container, and the status tells it',
    differs: { containerd: /not told/ },
    run: async (subject) => {
      const containerId = await subject.started(await subject.common(), {
        command: ['sh', '-c', 'trap "exit 11" USR1; trap "" TERM; sleep 1000 & wait'],
        stopSignal: 29,
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal((await subject.status(containerId)).stopSignal, 29, 'not told');
      await subject.runtime.stopContainer({ containerId, timeout: 20n });
      assert.equal((await subject.status(containerId)).exitCode, 11);
    },
  },
  {
    verb: 'RuntimeConfig',
    says: 'tells the cgroup driver',
    differs: YOUNGER,
    run: async (subject) => {
      const { linux } = await subject.runtime.runtimeConfig({});
      assert.equal(linux?.cgroupDriver, 1);
    },
  },
];
