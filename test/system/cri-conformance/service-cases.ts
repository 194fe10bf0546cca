import assert from 'node:assert/strict';
import { type Case, YOUNGER } from './conformance-case.ts';

export const SERVICE_CASES: readonly Case[] = [
  {
    verb: 'Version',
    says: 'tells the runtime, its version and the version of the API, whatever version the kubelet names',
    run: async (subject) => {
      for (const version of ['', 'v1', '0.1.0']) {
        const answer = await subject.runtime.version({ version });
        assert.equal(answer.runtimeName, subject.name);
        assert.equal(answer.runtimeApiVersion, 'v1');
        assert.match(answer.runtimeVersion, /^v?\d+\.\d+/);
        assert.notEqual(answer.version, '');
      }
    },
  },
  {
    verb: 'Status',
    says: 'has the conditions RuntimeReady and NetworkReady, and more when it is asked to be verbose',
    run: async (subject) => {
      const terse = await subject.runtime.status({});
      for (const type of ['RuntimeReady', 'NetworkReady'])
        assert.equal(terse.status?.conditions.find((one) => one.type === type)?.status, true, type);
      assert.deepEqual(terse.info, {});
      const { info } = await subject.runtime.status({ verbose: true });
      assert.ok(Object.keys(info).length > 0);
      for (const text of Object.values(info)) assert.equal(typeof text, 'string');
    },
  },
  {
    verb: 'Status',
    says: 'the runtime handlers tell their features, the default one with an empty name',
    differs: { containerd: /no handlers/ },
    run: async (subject) => {
      const { runtimeHandlers } = await subject.runtime.status({});
      assert.ok(runtimeHandlers.length > 0, 'no handlers');
      const preferred = runtimeHandlers.find(({ name }) => name === '');
      assert.ok(preferred?.features?.recursiveReadOnlyMounts);
      assert.ok(preferred.features.userNamespaces);
    },
  },
  {
    verb: 'UpdateRuntimeConfig',
    says: 'takes a configuration, also one that says nothing',
    run: async (subject) => {
      for (const runtimeConfig of [{}, { networkConfig: {} }])
        await subject.runtime.updateRuntimeConfig({ runtimeConfig });
    },
  },
  {
    verb: 'ListMetricDescriptors',
    says: 'describes every metric that ListPodSandboxMetrics gives',
    differs: YOUNGER,
    run: async (subject) => {
      const pod = await subject.pod();
      const containerId = await subject.started(pod);
      const { descriptors } = await subject.runtime.listMetricDescriptors({});
      const known = new Map(descriptors.map(({ name, labelKeys }) => [name, labelKeys]));
      const { podMetrics } = await subject.runtime.listPodSandboxMetrics({});
      const own = podMetrics.find(({ podSandboxId }) => podSandboxId === pod.id);
      assert.ok(own);
      const ofContainer = own.containerMetrics.find((one) => one.containerId === containerId);
      assert.ok(ofContainer && ofContainer.metrics.length > 0);
      for (const { name, labelValues, value } of [...own.metrics, ...ofContainer.metrics]) {
        assert.equal(labelValues.length, known.get(name)?.length, name);
        assert.ok(value !== undefined);
      }
      assert.ok(ofContainer.metrics.some(({ name }) => name === 'container_memory_working_set_bytes'));
    },
  },
];
