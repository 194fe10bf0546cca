/** A whole node in memory: an agent on fakes, and the means to look at what it does. */
import type { PodClient } from '../../client/pod-client.ts';
import type { PodRuntime } from '../../runtime/pod-runtime.ts';
import type { Container, ContainerStatus, Pod, PodSpec } from '../../model/api/types.ts';
import { defaultPod } from '../../model/defaults/default-pod.ts';
import { FakeClock } from '../../model/testing/fake-clock.ts';
import { FakePodRuntime, type FakeRuntimeOptions } from '../../runtime/testing/fake-pod-runtime.ts';
import { startAgent } from '../agent.ts';
import type { AgentDeps, LogEntry } from '../agent-deps.ts';
import { FakeClient } from './fake-client.ts';
import { FakeFiles } from './fake-files.ts';

export type FakeNodeOptions = Omit<FakeRuntimeOptions, 'clock'> & {
  deps?: Partial<AgentDeps>;
  /** What the agent has instead of its client and its runtime, each time that it is started. */
  mortal?: <T extends PodClient | PodRuntime>(target: T) => T;
  /** Called before an agent is started in the place of one that was killed. */
  revive?: () => void;
};

export class FakeNode implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly client = new FakeClient(this.clock);
  readonly files = new FakeFiles();
  readonly runtime: FakePodRuntime;
  readonly volumes = new Set<string>();
  readonly cgroups = new Set<string>();
  readonly volumeUsage = new Map<string, number>();
  readonly volumeFailures: Error[] = [];
  readonly logged: LogEntry[] = [];
  readonly deps: AgentDeps;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  readonly #options: Pick<FakeNodeOptions, 'mortal' | 'revive'>;

  constructor({ deps, mortal, revive, ...options }: FakeNodeOptions = {}) {
    this.#options = { ...(mortal && { mortal }), ...(revive && { revive }) };
    this.runtime = new FakePodRuntime({ clock: this.clock, ...options });
    this.deps = {
      client: this.client,
      runtime: this.runtime,
      clock: this.clock,
      random: () => 0,
      node: {
        name: 'node',
        ips: ['192.168.0.1'],
        milliCpu: 4000,
        memoryBytes: 8 * 2 ** 30,
        clusterDomain: 'cluster.local',
      },
      files: this.files,
      log: (entry) => void this.logged.push(entry),
      dialer: {
        http: () => Promise.resolve({ status: 200, body: '' }),
        tcp: () => Promise.resolve(),
        grpc: () => Promise.resolve('SERVING'),
      },
      volumes: {
        setUp: async ({ metadata }) => {
          const failure = this.volumeFailures.shift();
          if (failure !== undefined) throw failure;
          this.volumes.add(metadata?.uid ?? '');
        },
        mountsFor: () => Promise.resolve([]),
        usage: () => Promise.resolve(this.volumeUsage),
        tearDown: async (uid) => void this.volumes.delete(uid),
        list: () => Promise.resolve([...this.volumes]),
      },
      cgroups: {
        ensure: async ({ uid }) => {
          this.cgroups.add(uid);
          return `/peapod/pod${uid}`;
        },
        remove: async (uid) => void this.cgroups.delete(uid),
        list: () => Promise.resolve([...this.cgroups]),
        limitAll: () => Promise.resolve(),
      },
      ...deps,
    };
    this.start();
  }

  start(): void {
    this.#stop = new AbortController();
    const { mortal } = this.#options;
    const deps =
      mortal === undefined
        ? this.deps
        : { ...this.deps, client: mortal(this.deps.client), runtime: mortal(this.deps.runtime) };
    this.#running = startAgent(deps, { signal: this.#stop.signal });
  }

  /** Ends the agent; its containers run on. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async restartAgent(): Promise<void> {
    await this.stop();
    this.start();
    await this.clock.settle();
  }

  /** Another agent, in the place of one that is dead and ends no call. */
  async reviveAgent(): Promise<void> {
    this.#options.revive?.();
    this.#stop.abort();
    this.#running.catch(() => {});
    this.start();
    await this.clock.settle();
  }

  async run(spec: Partial<PodSpec>, metadata: Pod['metadata'] = {}): Promise<void> {
    const pod = defaultPod({
      metadata: { name: 'web', namespace: 'default', uid: 'u1', ...metadata },
      spec: { containers: [], ...spec },
    });
    await this.client.createPod(pod);
    await this.clock.settle();
  }

  pod(name = 'web'): Pod {
    const pod = [...this.client.pods.values()].find(({ metadata }) => metadata?.name === name);
    if (pod === undefined) throw new Error(`there is no pod ${name}`);
    return pod;
  }

  status(container: string): ContainerStatus {
    const {
      containerStatuses = [],
      initContainerStatuses = [],
      ephemeralContainerStatuses = [],
    } = this.pod().status ?? {};
    const status = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
      ({ name }) => name === container,
    );
    if (status === undefined) throw new Error(`there is no status of ${container}`);
    return status;
  }

  /** `reason: message` of each event. */
  eventTexts(): string[] {
    return this.client.events.map(({ reason, message }) => `${reason}: ${message}`);
  }

  /** What was started, in order. */
  started(): string[] {
    return this.runtime.journal.filter((line) => line.startsWith('start ')).map((line) => line.slice(6));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

export function container(name: string, rest: Partial<Container> = {}): Container {
  return { name, image: 'app:1', ...rest };
}
