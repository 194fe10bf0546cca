/** Controllers over an API server in memory, with time that the test moves and pods whose ends the test writes. */
import assert from 'node:assert/strict';
import { startApi } from '../../apiserver/testing/start-api.ts';
import { ApiClient, type KubernetesObject } from '../../client/api-client.ts';
import {
  EVENTS,
  NAMESPACES,
  PODS,
  type ResourceType,
  SERVICE_ACCOUNTS,
} from '../../client/resource-types.ts';
import type { Transport } from '../../client/transport.ts';
import type { Pod, PodStatus } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { FakeClock } from '../../model/testing/fake-clock.ts';
import type { Controller } from '../controller.ts';

const MOST_ROUNDS = 2000;

export interface RunningControllers extends AsyncDisposable {
  readonly client: ApiClient;
  readonly clock: FakeClock;
  readonly failures: unknown[];
  /** Lets the controllers write so often, and then nothing more, as if they were killed there. */
  killAfter(writes: number): void;
  /** Starts the controllers anew, with nothing that they knew. */
  restart(): Promise<void>;
  /** Waits, without moving time, until the check no longer throws. */
  until<T>(check: () => Promise<T>): Promise<T>;
  get<T extends KubernetesObject>(type: ResourceType<T>, name: string): Promise<T>;
  /** The pods that there are, by name. */
  pods(): Promise<Pod[]>;
  /** Writes how a pod's only container has ended. */
  end(pod: Pod, exitCode: number): Promise<void>;
  reasons(): Promise<string[]>;
}

export async function runControllers(...controllers: readonly Controller[]): Promise<RunningControllers> {
  const clock = new FakeClock();
  const api = await startApi(undefined, clock);
  const { client } = api;
  const failures: unknown[] = [];
  for (const [type, object] of [
    [NAMESPACES, { metadata: { name: 'default' } }],
    [SERVICE_ACCOUNTS, { metadata: { name: 'default', namespace: 'default' } }],
  ] as const)
    await client.create(type as ResourceType<KubernetesObject>, object).catch(() => {});
  let writesLeft = Infinity;
  const transport: Transport = {
    send: (request) => {
      if (request.method !== 'GET' && writesLeft-- <= 0)
        throw new PeapodError('Unavailable', 'the controllers are dead');
      return api.transport.send(request);
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const deps = {
    client: new ApiClient({ transport, name: 'controllers' }),
    clock,
    random: () => 0.5,
    log: (_message: string, error?: unknown) => void failures.push(error),
  };
  let stop = new AbortController();
  const start = () => Promise.all(controllers.map((controller) => controller(deps, stop.signal)));
  let ended = start();
  const pods = async () =>
    (await client.list(PODS, { namespace: 'default' })).items.toSorted((a, b) =>
      nameOf(a).localeCompare(nameOf(b)),
    );
  return {
    client,
    clock,
    failures,
    pods,
    killAfter: (writes) => {
      writesLeft = writes;
    },
    restart: async () => {
      stop.abort();
      await ended;
      writesLeft = Infinity;
      stop = new AbortController();
      ended = start();
    },
    until: async (check) => {
      for (let round = 1; ; round++) {
        try {
          return await check();
        } catch (error) {
          if (round === MOST_ROUNDS || !(error instanceof assert.AssertionError)) throw error;
          await clock.settle();
        }
      }
    },
    get: (type, name) => client.get(type, 'default', name),
    end: async (pod, exitCode) => {
      const finishedAt = apiTime(clock.now());
      const status: PodStatus = {
        phase: exitCode === 0 ? 'Succeeded' : 'Failed',
        containerStatuses: [
          {
            name: 'c',
            image: 'i',
            imageID: '',
            ready: false,
            restartCount: 0,
            state: { terminated: { exitCode, finishedAt } },
          },
        ],
      };
      await client.patch(PODS, 'default', nameOf(pod), 'merge', { status }, { subresource: 'status' });
    },
    reasons: async () =>
      (await client.list(EVENTS, { namespace: 'default' })).items.map(({ reason = '' }) => reason),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
      await api[Symbol.asyncDispose]();
    },
  };
}

function nameOf({ metadata }: Pod): string {
  return metadata?.name ?? '';
}
