import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../model/clock.ts';
import { PeapodError } from '../../model/errors.ts';
import type { RuntimeEvent } from '../../runtime/pod-runtime.ts';
import {
  type ContainerEventResponse,
  ContainerEventType,
  ContainerState,
  PodSandboxState,
  type RuntimeService,
} from '../api/runtime_pb.ts';
import type { ServiceClient } from '../grpc/grpc-client.ts';
import { watchEvents } from './watch-events.ts';

type Service = ServiceClient<typeof RuntimeService>;
const clock: Clock = { now: () => 0, sleep: () => Promise.resolve() };

async function take(service: Partial<Service>, count: number): Promise<RuntimeEvent[]> {
  const abort = new AbortController();
  const seen: RuntimeEvent[] = [];
  for await (const event of watchEvents(service as Service, clock, { signal: abort.signal })) {
    seen.push(event);
    if (seen.length === count) abort.abort();
  }
  return seen;
}

test('events come again from a runtime that was away', async () => {
  let calls = 0;
  const getContainerEvents = async function* () {
    calls += 1;
    if (calls < 3) throw new PeapodError('Unavailable', 'away');
    const podSandboxStatus = { id: 's', metadata: { uid: 'u' } };
    const type = ContainerEventType.CONTAINER_STOPPED_EVENT;
    for (const containerId of ['c', 's'])
      yield { containerId, containerEventType: type, podSandboxStatus } as ContainerEventResponse;
  };
  assert.deepEqual(await take({ getContainerEvents }, 2), [
    { type: 'CONTAINER_STOPPED', id: 'c', sandboxId: 's', podUid: 'u' },
    { type: 'SANDBOX_STOPPED', id: 's', sandboxId: 's', podUid: 'u' },
  ]);
  assert.equal(calls, 3);
});

test('a runtime that tells no events is asked for lists, and what differs between two is told', async () => {
  const { CONTAINER_CREATED, CONTAINER_RUNNING, CONTAINER_EXITED } = ContainerState;
  const states = [CONTAINER_CREATED, CONTAINER_RUNNING, CONTAINER_RUNNING, CONTAINER_EXITED, undefined];
  let round = -1;
  const ready = () => (round < 4 ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY);
  const service = {
    getContainerEvents: async function* () {
      yield* [];
      throw new PeapodError('Unsupported', 'unknown method');
    },
    listPodSandbox: () => {
      round += 1;
      return Promise.resolve({ items: [{ id: 's', metadata: { uid: 'u' }, state: ready() }] });
    },
    listContainers: () => {
      const state = states[round];
      return Promise.resolve({
        containers: state === undefined ? [] : [{ id: 'c', podSandboxId: 's', state }],
      });
    },
  };
  const told = await take(service as unknown as Partial<Service>, 4);
  assert.deepEqual(
    told.map(({ type, id }) => `${type} ${id}`),
    ['CONTAINER_STARTED c', 'CONTAINER_STOPPED c', 'SANDBOX_STOPPED s', 'CONTAINER_DELETED c'],
  );
});
