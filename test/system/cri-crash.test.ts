/** The server is killed between any two verbs of a pod's life, and the last verb is repeated: as if nothing had happened. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ContainerState, PodSandboxState } from '../../src/cri/api/runtime_pb.ts';
import { IMAGE, sandboxConfig, shellConfig, startCri, type TestCri } from './support/cri.ts';
import { until } from './support/peapod.ts';

let cri: TestCri;
before(async () => {
  cri = await startCri();
});
after(async () => {
  await cri[Symbol.asyncDispose]();
});

interface Life {
  podSandboxId: string;
  containerId: string;
}

/** The verbs in order. Each result is compared with that of the repetition. */
function verbs(name: string, life: Life): [verb: string, call: () => Promise<unknown>][] {
  const { runtime } = cri;
  const config = shellConfig('c', 'trap "exit 3" TERM; while :; do sleep 0.1; done');
  return [
    [
      'RunPodSandbox',
      async () => {
        const answer = await runtime.runPodSandbox({ config: sandboxConfig(name, cri.peapod.directory) });
        life.podSandboxId = answer.podSandboxId;
        return answer;
      },
    ],
    [
      'CreateContainer',
      async () => {
        const answer = await runtime.createContainer({ podSandboxId: life.podSandboxId, config });
        life.containerId = answer.containerId;
        return answer;
      },
    ],
    ['StartContainer', () => runtime.startContainer({ containerId: life.containerId })],
    ['ContainerStatus', () => runtime.containerStatus({ containerId: life.containerId })],
    ['ExecSync', () => runtime.execSync({ containerId: life.containerId, cmd: ['echo', 'x'] })],
    [
      'UpdateContainerResources',
      () => runtime.updateContainerResources({ containerId: life.containerId, linux: { cpuShares: 300n } }),
    ],
    [
      'UpdatePodSandboxResources',
      () =>
        runtime.updatePodSandboxResources({
          podSandboxId: life.podSandboxId,
          resources: { cpuShares: 512n },
        }),
    ],
    ['ReopenContainerLog', () => runtime.reopenContainerLog({ containerId: life.containerId })],
    ['ListContainers', () => runtime.listContainers({ filter: { podSandboxId: life.podSandboxId } })],
    ['ImageStatus', () => cri.images.imageStatus({ image: { image: IMAGE } })],
    ['StopContainer', () => runtime.stopContainer({ containerId: life.containerId, timeout: 20n })],
    ['StoppedStatus', () => runtime.containerStatus({ containerId: life.containerId })],
    ['RemoveContainer', () => runtime.removeContainer({ containerId: life.containerId })],
    ['StopPodSandbox', () => runtime.stopPodSandbox({ podSandboxId: life.podSandboxId })],
    [
      'PodSandboxStatus',
      async () => (await runtime.podSandboxStatus({ podSandboxId: life.podSandboxId })).status,
    ],
    ['RemovePodSandbox', () => runtime.removePodSandbox({ podSandboxId: life.podSandboxId })],
  ];
}

test('killed after each verb, the server answers it the same when it is repeated', async () => {
  const life: Life = { podSandboxId: '', containerId: '' };
  for (const [verb, call] of verbs('after', life)) {
    const answer = await call();
    await cri.restart();
    assert.deepEqual(await until(verb, call), answer, verb);
  }
  assert.deepEqual((await cri.runtime.listPodSandbox({})).items, []);
  assert.deepEqual((await cri.runtime.listContainers({})).containers, []);
});

test('killed in the middle of each verb, the server does it when it is repeated', async () => {
  const life: Life = { podSandboxId: '', containerId: '' };
  for (const [verb, call] of verbs('amid', life)) {
    // While the verb is under way, as far as it has come by then.
    const broken = call().then(
      () => 'done',
      (error: { code?: string }) => error.code,
    );
    await new Promise((resolve) => setTimeout(resolve, verb.length * 3));
    await cri.restart();
    assert.match(String(await broken), /^(done|Unavailable|Cancelled|Conflict)$/, verb);
    await until(verb, call);
    if (verb === 'StartContainer') {
      const { status } = await cri.runtime.containerStatus({ containerId: life.containerId });
      assert.equal(status?.state, ContainerState.CONTAINER_RUNNING);
    }
    if (verb === 'RunPodSandbox') {
      const { status } = await cri.runtime.podSandboxStatus({ podSandboxId: life.podSandboxId });
      assert.equal(status?.state, PodSandboxState.SANDBOX_READY);
    }
  }
  assert.deepEqual((await cri.runtime.listPodSandbox({})).items, []);
});
