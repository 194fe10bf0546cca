import type { PodClient, PodEvent } from '../../client/pod-client.ts';
import type { Pod, PodStatus } from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import { isPeapodError } from '../../model/errors.ts';
import type { AgentLog } from '../agent-deps.ts';
import { WakeUp } from '../wake-up.ts';
import { isMirrorPod, MIRROR_POD } from '../../model/mirror-pod.ts';
import { fullName } from './static-pods.ts';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

export interface MirrorPodsOptions {
  readonly client: Pick<PodClient, 'createPod' | 'getPod' | 'deletePod' | 'updatePodStatus'>;
  readonly clock: Clock;
  readonly log: AgentLog;
  readonly nodeName: string;
  /** Of the node's object, which owns mirrors. @throws while there is none */
  readonly nodeUid: () => Promise<string>;
  /** The static pods that are to be shown; nothing while that is not known. */
  readonly shown: () => readonly Pod[] | undefined;
}

/**
 * Shows static pods in the API, each by a mirror pod: makes one where there is none, anew where somebody deleted it or the static pod is
 * another, and takes it away with the pod. Without an API server it waits; the pods run all the same.
 * @see kubernetes/pkg/kubelet/pod/mirror_client.go
 */
export class MirrorPods {
  readonly #options: MirrorPodsOptions;
  readonly #wakeUp: WakeUp;
  /** As the API has them, by full name. */
  readonly #mirrors = new Map<string, Pod>();
  /** By static pod's uid. */
  readonly #statuses = new Map<string, PodStatus>();

  constructor(options: MirrorPodsOptions) {
    this.#options = options;
    this.#wakeUp = new WakeUp(options.clock);
  }

  /** What happens to mirrors in the API. */
  seen({ type, pod }: PodEvent): void {
    const present = this.#mirrors.get(fullName(pod));
    if (type !== 'DELETED') this.#mirrors.set(fullName(pod), pod);
    else if (present?.metadata?.uid === pod.metadata?.uid) this.#mirrors.delete(fullName(pod));
    this.wake();
  }

  setStatus(uid: string, status: PodStatus): void {
    this.#statuses.set(uid, status);
    this.wake();
  }

  wake(): void {
    this.#wakeUp.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      this.#wakeUp.reset();
      let again: number | undefined;
      try {
        await this.#reconcile();
        failures = 0;
      } catch (error) {
        if (failures === 0) log({ level: 'warn', message: 'cannot show static pods in the API', error });
        again = clock.now() + Math.min(FIRST_RETRY_MS * 2 ** failures++, LONGEST_RETRY_MS);
      }
      if (again === undefined) await this.#wakeUp.wait(undefined, signal);
      else await clock.sleep(again - clock.now(), { signal }).catch(() => {});
    }
  }

  async #reconcile(): Promise<void> {
    const pods = this.#options.shown();
    if (pods === undefined) return;
    const shown = new Map(pods.map((pod) => [fullName(pod), pod]));
    for (const [name, mirror] of this.#mirrors) {
      const pod = shown.get(name);
      if (pod === undefined || !isMirrorOf(mirror, pod)) await this.#remove(mirror);
    }
    for (const [name, pod] of shown) {
      const mirror = this.#mirrors.get(name) ?? (await this.#make(pod));
      this.#mirrors.set(name, mirror);
      await this.#tell(pod, mirror);
    }
    const uids = new Set([...shown.values()].map(({ metadata }) => metadata?.uid));
    for (const uid of this.#statuses.keys()) if (!uids.has(uid)) this.#statuses.delete(uid);
  }

  /** What an earlier agent made, and the watch has not told of yet, serves as well. */
  async #make(pod: Pod): Promise<Pod> {
    const { client } = this.#options;
    try {
      return await client.createPod(await this.#mirrorOf(pod));
    } catch (error) {
      if (!isPeapodError(error, 'AlreadyExists')) throw error;
      const { namespace = '', name = '' } = pod.metadata ?? {};
      const present = await client.getPod(namespace, name);
      if (isMirrorOf(present, pod)) return present;
      if (isMirrorPod(present)) await this.#remove(present);
      throw error;
    }
  }

  async #remove(mirror: Pod): Promise<void> {
    const { namespace = '', name = '', uid } = mirror.metadata ?? {};
    await this.#options.client.deletePod(namespace, name, {
      gracePeriodSeconds: 0,
      ...(uid === undefined ? {} : { uid }),
    });
    this.#mirrors.delete(fullName(mirror));
  }

  async #tell(pod: Pod, mirror: Pod): Promise<void> {
    const status = this.#statuses.get(pod.metadata?.uid ?? '');
    if (status === undefined || status === mirror.status) return;
    await this.#options.client.updatePodStatus(mirror, status);
    this.#mirrors.set(fullName(pod), { ...mirror, status });
  }

  async #mirrorOf({ metadata, spec }: Pod): Promise<Pod> {
    const { nodeName, nodeUid } = this.#options;
    const { name = '', namespace = '', labels, annotations, uid = '' } = metadata ?? {};
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace,
        ...(labels === undefined ? {} : { labels }),
        annotations: { ...annotations, [MIRROR_POD]: uid },
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: await nodeUid(), controller: true },
        ],
      },
      ...(spec === undefined ? {} : { spec }),
    };
  }
}

function isMirrorOf({ metadata }: Pod, pod: Pod): boolean {
  return (
    metadata?.annotations?.[MIRROR_POD] === pod.metadata?.uid && metadata?.deletionTimestamp === undefined
  );
}
