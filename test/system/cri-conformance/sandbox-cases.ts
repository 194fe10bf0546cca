import assert from 'node:assert/strict';
import { existsSync, readlinkSync } from 'node:fs';
import { NamespaceMode, PodSandboxState } from '../../../src/cri/api/runtime_pb.ts';
import { assertCode, type Case, CODE, until, YOUNGER } from './conformance-case.ts';

const FOREVER = 'f'.repeat(64);
const { SANDBOX_READY, SANDBOX_NOTREADY } = PodSandboxState;

export const SANDBOX_CASES: readonly Case[] = [
  {
    verb: 'RunPodSandbox',
    says: 'the sandbox is ready on success, with an address of its own',
    run: async (subject) => {
      const { id, config } = await subject.pod();
      const { status } = await subject.runtime.podSandboxStatus({ podSandboxId: id });
      assert.ok(status);
      assert.equal(status.state, SANDBOX_READY);
      assert.match(status.network?.ip ?? '', /^\d+\.\d+\.\d+\.\d+$/);
      assert.deepEqual(
        [status.metadata?.name, status.metadata?.uid, status.metadata?.namespace, status.metadata?.attempt],
        [config.metadata?.name, config.metadata?.uid, 'conformance', 0],
      );
      assert.deepEqual(status.labels, config.labels);
      assert.deepEqual(status.annotations, config.annotations);
      assert.ok(Math.abs(Number(status.createdAt / 1_000_000n) - Date.now()) < 60_000);
    },
  },
  {
    verb: 'RunPodSandbox',
    says: 'a client that repeats the call after a time-out gets the first result',
    differs: { containerd: /is reserved for/ },
    run: async (subject) => {
      const { id, config } = await subject.pod();
      assert.equal((await subject.runtime.runPodSandbox({ config })).podSandboxId, id);
    },
  },
  {
    verb: 'RunPodSandbox',
    says: 'the attempt is part of the identity',
    run: async (subject) => {
      const first = await subject.pod({ name: 'again' });
      await subject.runtime.stopPodSandbox({ podSandboxId: first.id });
      const second = await subject.pod({ name: 'again', attempt: 1 });
      assert.notEqual(second.id, first.id);
    },
  },
  {
    verb: 'RunPodSandbox',
    says: 'hostname, DNS and sysctls are what the containers see',
    run: async (subject) => {
      const pod = await subject.pod({
        sysctls: { 'net.ipv4.ip_unprivileged_port_start': '81' },
        more: {
          hostname: 'told',
          dnsConfig: { servers: ['192.0.2.53'], searches: ['example.org'], options: ['ndots:3'] },
        },
      });
      const container = await subject.started(pod);
      const seen = await subject.shell(
        container,
        'hostname; cat /proc/sys/net/ipv4/ip_unprivileged_port_start /etc/resolv.conf',
      );
      const [hostname, port, ...resolv] = seen.trim().split('\n');
      assert.deepEqual([hostname, port], ['told', '81']);
      for (const line of ['nameserver 192.0.2.53', 'search example.org', 'options ndots:3'])
        assert.ok(resolv.includes(line), seen);
    },
  },
  {
    verb: 'RunPodSandbox',
    says: 'a runtime handler that is not known is an error, and leaves nothing',
    run: async (subject) => {
      const config = subject.sandboxConfig({ name: 'odd-handler' });
      await assert.rejects(subject.runtime.runPodSandbox({ config, runtimeHandler: 'no-such' }), /no-such/);
      const { items } = await subject.runtime.listPodSandbox({
        filter: { labelSelector: { pod: 'odd-handler' } },
      });
      assert.equal(items.length, 0);
    },
  },
  {
    verb: 'RunPodSandbox',
    says: 'a configuration without metadata is an error',
    run: async (subject) => {
      await assert.rejects(subject.runtime.runPodSandbox({ config: {} }), { name: 'PeapodError' });
      await assert.rejects(subject.runtime.runPodSandbox({}), { name: 'PeapodError' });
    },
  },
  {
    verb: 'RunPodSandbox',
    says: "network NODE is the node's, and the runtime tells no address",
    run: async (subject) => {
      const namespaces = { network: NamespaceMode.NODE, pid: NamespaceMode.CONTAINER };
      const pod = await subject.pod({ namespaces, more: { hostname: '' } });
      const { status } = await subject.runtime.podSandboxStatus({ podSandboxId: pod.id });
      assert.equal(status?.network?.ip ?? '', '');
      assert.equal(status?.linux?.namespaces?.options?.network, NamespaceMode.NODE);
      const container = await subject.started(pod, { security: { namespaceOptions: namespaces } });
      const seen = await subject.shell(container, 'readlink /proc/self/ns/net');
      assert.equal(seen.trim(), readlinkSync('/proc/self/ns/net'));
    },
  },
  {
    verb: 'RunPodSandbox',
    says: 'PID namespaces are POD, CONTAINER or NODE, as asked',
    run: async (subject) => {
      const shared = { pid: NamespaceMode.POD };
      const pod = await subject.pod({ namespaces: shared });
      const one = await subject.started(pod, { security: { namespaceOptions: shared } });
      const other = await subject.started(pod, { security: { namespaceOptions: shared } });
      const ns = (id: string) => subject.shell(id, 'readlink /proc/self/ns/pid');
      assert.equal(await ns(one), await ns(other));
      const alone = await subject.started(pod, {
        security: { namespaceOptions: { pid: NamespaceMode.CONTAINER } },
      });
      assert.notEqual(await ns(alone), await ns(one));
      assert.match(await subject.shell(alone, 'cat /proc/1/cmdline'), /trap exit/);
    },
  },
  {
    verb: 'CreateContainer',
    says: 'PID namespace TARGET is that of the container named by target_id',
    run: async (subject) => {
      const pod = await subject.pod();
      const target = await subject.started(pod);
      const namespaceOptions = { pid: NamespaceMode.TARGET, targetId: target };
      const guest = await subject.started(pod, { security: { namespaceOptions } });
      const ns = (id: string) => subject.shell(id, 'readlink /proc/self/ns/pid');
      assert.equal(await ns(guest), await ns(target));
    },
  },
  {
    verb: 'StopPodSandbox',
    says: 'running containers are forcibly ended and the network is given back; stopping again succeeds',
    run: async (subject) => {
      const pod = await subject.pod();
      const container = await subject.started(pod, { command: ['sh', '-c', 'trap "" TERM; sleep 1000'] });
      await subject.runtime.stopPodSandbox({ podSandboxId: pod.id });
      const { state } = await subject.status(container);
      assert.equal(state, 2);
      const { status } = await subject.runtime.podSandboxStatus({ podSandboxId: pod.id });
      assert.equal(status?.state, SANDBOX_NOTREADY);
      await subject.runtime.stopPodSandbox({ podSandboxId: pod.id });
    },
  },
  {
    verb: 'StopPodSandbox',
    says: 'is idempotent: no error when everything has been given back already, also by a removal',
    differs: { containerd: /not found/ },
    run: async (subject) => {
      const { id: podSandboxId } = await subject.pod();
      await subject.runtime.stopPodSandbox({ podSandboxId });
      await subject.runtime.removePodSandbox({ podSandboxId });
      await subject.runtime.stopPodSandbox({ podSandboxId });
    },
  },
  {
    verb: 'RemovePodSandbox',
    says: 'running containers are ended and removed with it; removing again succeeds',
    run: async (subject) => {
      const pod = await subject.pod();
      const containerId = await subject.started(pod);
      await subject.runtime.removePodSandbox({ podSandboxId: pod.id });
      await assertCode(subject.runtime.podSandboxStatus({ podSandboxId: pod.id }), CODE.notFound);
      await assertCode(subject.runtime.containerStatus({ containerId }), CODE.notFound);
      await subject.runtime.removePodSandbox({ podSandboxId: pod.id });
      await subject.runtime.removePodSandbox({ podSandboxId: FOREVER });
      assert.ok(!existsSync(`/sys/fs/cgroup/memory${subject.cgroupParent}/${containerId}`));
    },
  },
  {
    verb: 'PodSandboxStatus',
    says: 'a sandbox that is not present is an error',
    run: async (subject) => {
      await assertCode(subject.runtime.podSandboxStatus({ podSandboxId: FOREVER }), CODE.notFound);
    },
  },
  {
    verb: 'PodSandboxStatus',
    says: 'verbose gives more information, as JSON',
    run: async (subject) => {
      const { id: podSandboxId } = await subject.pod();
      const terse = await subject.runtime.podSandboxStatus({ podSandboxId });
      const verbose = await subject.runtime.podSandboxStatus({ podSandboxId, verbose: true });
      assert.deepEqual(terse.info, {});
      const texts = Object.values(verbose.info);
      assert.ok(texts.length > 0);
      for (const text of texts) JSON.parse(text);
    },
  },
  {
    verb: 'ListPodSandbox',
    says: 'filters by id, state and labels, all of them together',
    run: async (subject) => {
      const [one, two] = [await subject.pod(), await subject.pod()];
      await subject.runtime.stopPodSandbox({ podSandboxId: two.id });
      const ids = async (filter: object) =>
        (await subject.runtime.listPodSandbox({ filter })).items.map(({ id }) => id).sort();
      const labelSelector = { suite: 'conformance' };
      assert.deepEqual(await ids({ id: one.id }), [one.id]);
      assert.deepEqual(await ids({ labelSelector: { pod: two.config.metadata?.name ?? '' } }), [two.id]);
      const ready = await ids({ labelSelector, state: { state: SANDBOX_READY } });
      const stopped = await ids({ labelSelector, state: { state: SANDBOX_NOTREADY } });
      assert.ok(ready.includes(one.id) && !ready.includes(two.id));
      assert.ok(stopped.includes(two.id) && !stopped.includes(one.id));
      assert.deepEqual(await ids({ id: one.id, state: { state: SANDBOX_NOTREADY } }), []);
      assert.deepEqual(await ids({ id: one.id, labelSelector: { pod: 'other' } }), []);
      assert.deepEqual(await ids({ id: FOREVER }), []);
    },
  },
  {
    verb: 'StreamPodSandboxes',
    says: 'gives each sandbox once, in lists of one at least, and ends',
    differs: YOUNGER,
    run: async (subject) => {
      await subject.pod();
      const listed = (await subject.runtime.listPodSandbox({})).items.map(({ id }) => id).sort();
      const streamed: string[] = [];
      for await (const { podSandboxes } of subject.runtime.streamPodSandboxes({})) {
        assert.ok(podSandboxes.length > 0);
        streamed.push(...podSandboxes.map(({ id }) => id));
      }
      assert.deepEqual(streamed.sort(), listed);
    },
  },
  {
    verb: 'PodSandboxStats',
    says: 'tells what a pod uses; one that is not there is an error',
    run: async (subject) => {
      const pod = await subject.pod();
      const container = await subject.started(pod);
      const { stats } = await until('figures', async () => {
        const answer = await subject.runtime.podSandboxStats({ podSandboxId: pod.id });
        return (answer.stats?.linux?.containers.length ?? 0) > 0 ? answer : undefined;
      });
      assert.equal(stats?.attributes?.id, pod.id);
      assert.deepEqual(stats?.attributes?.labels, pod.config.labels);
      assert.ok((stats?.linux?.memory?.workingSetBytes?.value ?? 0n) > 0n);
      assert.ok((stats?.linux?.cpu?.usageCoreNanoSeconds?.value ?? 0n) > 0n);
      assert.ok((stats?.linux?.process?.processCount?.value ?? 0n) > 0n);
      assert.equal(stats?.linux?.network?.defaultInterface?.name, 'eth0');
      assert.deepEqual(
        stats?.linux?.containers.map(({ attributes }) => attributes?.id),
        [container],
      );
      await assertCode(subject.runtime.podSandboxStats({ podSandboxId: FOREVER }), CODE.notFound);
    },
  },
  {
    verb: 'ListPodSandboxStats',
    says: 'gives the stats of the sandboxes that match the filter',
    run: async (subject) => {
      const [one] = [await subject.pod(), await subject.pod()];
      const ids = async (filter: object) =>
        (await subject.runtime.listPodSandboxStats({ filter })).stats.map(({ attributes }) => attributes?.id);
      assert.deepEqual(await ids({ id: one.id }), [one.id]);
      assert.deepEqual(await ids({ labelSelector: one.config.labels ?? {} }), [one.id]);
      assert.deepEqual(await ids({ labelSelector: { pod: 'nobody' } }), []);
    },
  },
  {
    verb: 'UpdatePodSandboxResources',
    says: "updates the pod's configuration; a sandbox that is not there is an error",
    differs: YOUNGER,
    run: async (subject) => {
      const { id: podSandboxId } = await subject.pod();
      await subject.runtime.updatePodSandboxResources({ podSandboxId, resources: { cpuShares: 512n } });
      await assertCode(subject.runtime.updatePodSandboxResources({ podSandboxId: FOREVER }), CODE.notFound);
    },
  },
];
