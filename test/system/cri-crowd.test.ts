/** Many clients, and clients that send nonsense, in front of the runtime that really runs pods. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import * as fc from 'fast-check';
import { RuntimeService } from '../../src/cri/api/runtime_pb.ts';
import { openGrpcConnection } from '../../src/cri/grpc/grpc-client.ts';
import { arbitraryRequest, ENDLESS, METHODS, WORDS } from '../../src/cri/testing/arbitrary-message.ts';
import { IMAGE, sandboxConfig, shellConfig, startCri, type TestCri } from './support/cri.ts';

const CLIENTS = 50;
/** What the allocator may keep after the same work once more; a pod that is not forgotten takes some KB. */
const GROWTH_BYTES = 24 * 1024 ** 2;

let cri: TestCri;
before(async () => {
  cri = await startCri();
});
after(async () => {
  await cri[Symbol.asyncDispose]();
});

test('50 clients at once each run a pod of their own, and the server is no larger for it', async () => {
  const life = async (index: number): Promise<void> => {
    using connection = openGrpcConnection({ path: cri.socket });
    const verbs = connection.service(RuntimeService);
    const labels = { client: `${index}` };
    const config = { ...sandboxConfig(`crowd-${index}`, cri.peapod.directory), labels };
    const { podSandboxId } = await verbs.runPodSandbox({ config });
    const { containerId } = await verbs.createContainer({
      podSandboxId,
      config: shellConfig('c', 'exec sleep 1000', {
        logPath: '',
        envs: [{ key: 'MINE', value: `${index}` }],
      }),
    });
    await verbs.startContainer({ containerId });
    const { stdout } = await verbs.execSync({ containerId, cmd: ['sh', '-c', 'echo $MINE'] });
    assert.equal(Buffer.from(stdout).toString(), `${index}\n`);
    const { items } = await verbs.listPodSandbox({ filter: { labelSelector: labels } });
    assert.deepEqual(
      items.map(({ id }) => id),
      [podSandboxId],
    );
    await verbs.stopPodSandbox({ podSandboxId });
    await verbs.removePodSandbox({ podSandboxId });
  };
  const crowd = () => Promise.all(Array.from({ length: CLIENTS }, (_, index) => life(index)));
  await crowd();
  const before = await settledMemory();
  await crowd();
  const grown = (await settledMemory()) - before;
  assert.ok(grown < GROWTH_BYTES, `grown by ${Math.round(grown / 1024)} KiB`);
  assert.deepEqual((await cri.runtime.listPodSandbox({})).items, []);
});

test('nonsense about pods that run is answered, and harms neither them nor the server', async () => {
  const bystander = await cri.runPod('bystander');
  const untouched = await cri.runShell(bystander, 'c', 'while :; do sleep 1; done', { logPath: '' });
  const { status: first } = await cri.runtime.containerStatus({ containerId: untouched });
  const victim = await cri.runPod('victim');
  // It may be asked to stop and be given all the time there is: it takes none of it.
  const obedient = 'trap "exit 0" TERM; while :; do sleep 1; done';
  const container = await cri.runShell(victim, 'c', obedient, { logPath: '' });
  // What would leave the machine, or end what the test itself needs, is left out.
  const harmless = METHODS.filter(
    ({ method, path }) => path !== ENDLESS && !['PullImage', 'RemoveImage'].includes(method.name),
  );
  const request = arbitraryRequest(harmless, [...WORDS, victim, container, victim, container, IMAGE]);
  const raw = new Client(`unix:${cri.socket}`, credentials.createInsecure());
  try {
    const property = fc.asyncProperty(request, async ({ path, bytes }) => {
      const { code, details } = await send(raw, path, bytes);
      assert.notEqual(code, status.INTERNAL, `${path}: ${details}`);
      assert.notEqual(code, status.DEADLINE_EXCEEDED, path);
    });
    await fc.assert(property, { numRuns: 400 * Number(process.env['PEAPOD_FUZZ_FACTOR'] ?? 1) });
  } finally {
    raw.close();
  }
  const { status: last } = await cri.runtime.containerStatus({ containerId: untouched });
  assert.deepEqual(last, first);
  const { stdout } = await cri.runtime.execSync({ containerId: untouched, cmd: ['echo', 'alive'] });
  assert.equal(Buffer.from(stdout).toString(), 'alive\n');
});

function send(raw: Client, path: string, bytes: Uint8Array): Promise<{ code: status; details: string }> {
  const identity = (same: Buffer): Buffer => same;
  return new Promise((resolve) => {
    const call = raw.makeServerStreamRequest(path, identity, identity, Buffer.from(bytes), new Metadata(), {
      deadline: Date.now() + 60_000,
    });
    call.on('data', () => {});
    call.on('error', (error: ServiceError) => resolve(error));
    call.on('end', () => resolve({ code: status.OK, details: '' }));
  });
}

/** The least that the server has had resident over some seconds, in bytes. */
async function settledMemory(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 10; look += 1) {
    const text = readFileSync(`/proc/${cri.server().child.pid}/status`, 'utf8');
    least = Math.min(least, Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return least;
}
