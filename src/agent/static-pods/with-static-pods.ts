import { EventQueue } from '../../client/event-queue.ts';
import type { PodClient, PodEvent } from '../../client/pod-client.ts';
import type { Clock } from '../../model/clock.ts';
import type { AgentLog } from '../agent-deps.ts';
import { podIdentity } from '../pod-identity.ts';
import { MirrorPods } from './mirror-pods.ts';
import { isMirrorPod } from '../../model/mirror-pod.ts';
import { isStaticPod } from './static-pod.ts';
import { StaticPodRecords } from './static-pod-records.ts';
import { StaticPods } from './static-pods.ts';
import { watchManifests } from './watch-manifests.ts';

export interface StaticPodOptions {
  readonly client: PodClient;
  readonly clock: Clock;
  readonly log: AgentLog;
  readonly nodeName: string;
  /** Of the node's object. @throws while there is none */
  readonly nodeUid: () => Promise<string>;
  /** Where the manifests lie; nothing: none are wanted, and pods of earlier ones end. */
  readonly directory: string | undefined;
  /** Where it is remembered what runs. */
  readonly recordDirectory: string;
}

/**
 * The agent's client, with the pods that files on the node ask for beside those of the API. To the agent both are alike; in the API the
 * files' pods are shown by mirrors. They run whether or not the API can be reached.
 */
export function withStaticPods(options: StaticPodOptions): PodClient {
  const { client } = options;
  const queue = new EventQueue<PodEvent>();
  const loaded = Promise.withResolvers<void>();
  let isLoaded = false;
  const pods: StaticPods = new StaticPods({
    records: new StaticPodRecords(options.recordDirectory),
    clock: options.clock,
    onEvent: (event) => {
      queue.push(event);
      mirrors.wake();
    },
  });
  const mirrors = new MirrorPods({ ...options, shown: () => (isLoaded ? pods.list() : undefined) });
  const onLoaded = (): void => {
    isLoaded = true;
    loaded.resolve();
    mirrors.wake();
  };
  return {
    async listPods() {
      await loaded.promise;
      return [...(await client.listPods()).filter((pod) => !isMirrorPod(pod)), ...pods.list()];
    },
    async *watchPods({ signal }) {
      const stop = new AbortController();
      const ended = AbortSignal.any([signal, stop.signal]);
      const parts = Promise.all([
        keepFolder(options, pods, onLoaded, ended),
        mirrors.run(ended),
        forward(options, queue, mirrors, ended),
      ]);
      try {
        yield* queue.events(ended);
      } finally {
        stop.abort();
        await parts;
      }
    },
    async updatePodStatus(pod, status) {
      if (isStaticPod(pod)) mirrors.setStatus(podIdentity(pod).uid, status);
      else await client.updatePodStatus(pod, status);
    },
    removePod: (pod) => (isStaticPod(pod) ? pods.removed(podIdentity(pod).uid) : client.removePod(pod)),
    getPod: (namespace, name) => client.getPod(namespace, name),
    createPod: (pod) => client.createPod(pod),
    deletePod: (namespace, name, deletion) => client.deletePod(namespace, name, deletion),
    getConfigMap: (namespace, name) => client.getConfigMap(namespace, name),
    getSecret: (namespace, name) => client.getSecret(namespace, name),
    getPersistentVolumeClaim: (namespace, name) => client.getPersistentVolumeClaim(namespace, name),
    getPersistentVolume: client.getPersistentVolume,
    createServiceAccountToken: (pod, wish) => client.createServiceAccountToken(pod, wish),
    recordEvents: (events) => client.recordEvents(events),
    listEvents: (filter) => client.listEvents(filter),
  };
}

async function keepFolder(
  { directory, clock, log, nodeName }: StaticPodOptions,
  pods: StaticPods,
  onLoaded: () => void,
  signal: AbortSignal,
): Promise<void> {
  await pods.load();
  if (directory === undefined) {
    await pods.want({ pods: new Map(), problems: new Map() });
    onLoaded();
    return;
  }
  const onChange = async (folder: Parameters<StaticPods['want']>[0]): Promise<void> => {
    await pods.want(folder);
    onLoaded();
  };
  await watchManifests({ directory, nodeName, clock, log, onChange }, signal);
}

/** Again and again: without an API server the files' pods run on. */
async function forward(
  { client, clock, log }: StaticPodOptions,
  queue: EventQueue<PodEvent>,
  mirrors: MirrorPods,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of client.watchPods({ signal })) {
        if (isMirrorPod(event.pod)) mirrors.seen(event);
        else queue.push(event);
      }
    } catch (error) {
      if (!signal.aborted) log({ level: 'warn', message: 'cannot watch pods', error });
    }
    await clock.sleep(1000, { signal }).catch(() => {});
  }
}
