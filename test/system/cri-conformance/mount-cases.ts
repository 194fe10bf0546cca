import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MountPropagation, NamespaceMode } from '../../../src/cri/api/runtime_pb.ts';
import { type Case, until } from './conformance-case.ts';
import type { Subject } from './subject.ts';

const MANY = 65_536;
/** The first of the node's ids that the pod's are. */
const FIRST = 1_000_000;
const IDS = [{ containerId: 0, hostId: FIRST, length: MANY }];
const OWN_USERS = {
  pid: NamespaceMode.CONTAINER,
  usernsOptions: { mode: NamespaceMode.POD, uids: IDS, gids: IDS },
};

export const MOUNT_CASES: readonly Case[] = [
  {
    verb: 'propagation',
    says: 'PRIVATE sees no later mount of the host, HOST_TO_CONTAINER does, and BIDIRECTIONAL shows its own to the host',
    run: async (subject) => {
      await using host = sharedMount(subject);
      const pod = await subject.common();
      const { PROPAGATION_PRIVATE, PROPAGATION_HOST_TO_CONTAINER, PROPAGATION_BIDIRECTIONAL } =
        MountPropagation;
      const started = (propagation: MountPropagation) =>
        subject.started(pod, { mounts: [{ hostPath: host.path, containerPath: '/seen', propagation }] });
      const alone = await started(PROPAGATION_PRIVATE);
      const follower = await started(PROPAGATION_HOST_TO_CONTAINER);
      const both = await subject.started(await subject.pod({ privileged: true }), {
        mounts: [{ hostPath: host.path, containerPath: '/seen', propagation: PROPAGATION_BIDIRECTIONAL }],
        security: { privileged: true },
      });
      host.mount('later');
      const look = (id: string) => subject.shell(id, 'ls /seen/later');
      assert.deepEqual([await look(alone), await look(follower)], ['', 'file\n']);
      await subject.shell(both, 'mkdir /seen/own && mount -t tmpfs none /seen/own && touch /seen/own/inside');
      assert.ok(existsSync(join(host.path, 'own/inside')));
      assert.equal(await subject.shell(alone, 'ls /seen/own'), '');
      assert.equal(await subject.shell(follower, 'ls /seen/own'), 'inside\n');
    },
  },
  {
    verb: 'recursive_read_only',
    says: 'what is mounted below is read-only too',
    differs: { containerd: /below is writable/ },
    run: async (subject) => {
      await using host = sharedMount(subject);
      host.mount('below');
      const mount = { hostPath: host.path, containerPath: '/ro', readonly: true };
      const mounts = [{ ...mount, recursiveReadOnly: true }];
      const id = await subject.started(await subject.common(), { mounts });
      const tried = await subject.shell(
        id,
        'for d in /ro /ro/below; do touch $d/x 2>/dev/null && echo $d; done; true',
      );
      assert.equal(tried, '', 'below is writable');
      const [seen] = (await subject.status(id)).mounts;
      assert.equal(seen?.recursiveReadOnly, true);
    },
  },
  {
    verb: 'userns_options',
    says: 'the pod has users of its own, in the ids that it was told, and owns its network',
    differs: { containerd: /the users are the node's/ },
    run: async (subject) => {
      const pod = await subject.pod({ namespaces: OWN_USERS });
      const security = { namespaceOptions: OWN_USERS };
      const [root, other] = await Promise.all([
        subject.started(pod, { security: { ...security, capabilities: { addCapabilities: ['NET_ADMIN'] } } }),
        subject.started(pod, { security: { ...security, runAsUser: { value: 33n } } }),
      ]);
      const map = async (id: string) =>
        (await subject.shell(id, 'cat /proc/self/uid_map /proc/self/gid_map')).trim();
      const line = /^\s*0\s+1000000\s+65536\s*$/m;
      assert.match(await map(root), line, "the users are the node's");
      assert.match(await map(other), line);
      const users = (id: string) => subject.shell(id, 'readlink /proc/self/ns/user');
      assert.equal(await users(root), await users(other));
      assert.equal(
        await subject.shell(root, 'id -u; ip addr add 192.0.2.77/32 dev lo && echo added'),
        '0\nadded\n',
      );
      assert.equal(await subject.shell(other, 'id -u'), '33\n');
      const { status } = await subject.runtime.podSandboxStatus({ podSandboxId: pod.id });
      const told = status?.linux?.namespaces?.options?.usernsOptions;
      assert.deepEqual(
        [told?.mode, told?.uids[0]?.hostId, told?.gids[0]?.length],
        [NamespaceMode.POD, FIRST, MANY],
      );
    },
  },
  {
    verb: 'uidMappings',
    says: "files of a mount have the owners that they would have without a namespace, and new ones are the host's root's",
    differs: { containerd: /the users are the node's/ },
    run: async (subject) => {
      const pod = await subject.pod({ namespaces: OWN_USERS });
      const hostPath = join(subject.directory, `owned-${pod.id.slice(0, 8)}`);
      mkdirSync(hostPath);
      writeFileSync(join(hostPath, 'old'), '');
      const mounts = [{ hostPath, containerPath: '/data', uidMappings: IDS, gidMappings: IDS }];
      const id = await subject.started(pod, { mounts, security: { namespaceOptions: OWN_USERS } });
      const seen = await subject.shell(
        id,
        'cat /proc/self/uid_map; touch /data/new; stat -c %u /data/old /data/new',
      );
      assert.match(seen, / 1000000 /, "the users are the node's");
      assert.match(seen, /\n0\n0\n$/);
      const own = execFileSync('stat', ['-c', '%u', join(hostPath, 'new')], { encoding: 'utf8' });
      assert.equal(own, '0\n');
    },
  },
];

/** A directory that is a shared mount of its own, where others can be put. */
function sharedMount(subject: Subject) {
  const path = join(subject.directory, `shared-${process.hrtime.bigint()}`);
  mkdirSync(path);
  execFileSync('mount', ['--bind', path, path]);
  execFileSync('mount', ['--make-shared', path]);
  return {
    path,
    /** A tmpfs with a file in it. */
    mount(name: string): void {
      mkdirSync(join(path, name));
      execFileSync('mount', ['-t', 'tmpfs', 'none', join(path, name)]);
      writeFileSync(join(path, name, 'file'), '');
    },
    async [Symbol.asyncDispose]() {
      await subject.clear();
      await until('nobody uses it', async () => {
        try {
          execFileSync('umount', ['-R', path], { stdio: 'pipe' });
          return true;
        } catch {
          return undefined;
        }
      });
    },
  };
}
