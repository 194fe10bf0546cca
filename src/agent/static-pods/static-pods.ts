import type { PodEvent } from '../../client/pod-client.ts';
import type { Pod } from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import type { ManifestFolder } from './read-manifest-folder.ts';
import type { StaticPodRecord, StaticPodRecords } from './static-pod-records.ts';

export interface StaticPodsOptions {
  readonly records: Pick<StaticPodRecords, 'load' | 'save' | 'remove'>;
  readonly clock: Clock;
  readonly onEvent: (event: PodEvent) => void;
}

/**
 * Which static pods run, from what the files say:
 *
 *     in a file ──► running ──(file gone or changed)──► ending, with its grace period ──► gone ──► the next one of that name begins
 *
 * A file that cannot be used leaves the pod that came of it before as it is.
 */
export class StaticPods {
  readonly #options: StaticPodsOptions;
  /** By uid. */
  readonly #running = new Map<string, StaticPodRecord>();
  #wanted: ManifestFolder | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: StaticPodsOptions) {
    this.#options = options;
  }

  /** Those that run or are ending. */
  list(): Pod[] {
    return [...this.#running.values()].map(({ pod }) => pod);
  }

  has(uid: string): boolean {
    return this.#running.has(uid);
  }

  /** Takes up what an earlier agent began; to be called once, before anything else. */
  load(): Promise<void> {
    return this.#inTurn(async () => {
      for (const record of await this.#options.records.load()) this.#begin(record);
    });
  }

  /** The files say something else. */
  want(wanted: ManifestFolder): Promise<void> {
    this.#wanted = wanted;
    return this.#inTurn(() => this.#reconcile());
  }

  /** Nothing of the pod is left on the node. */
  removed(uid: string): Promise<void> {
    return this.#inTurn(async () => {
      const gone = this.#running.get(uid);
      if (gone === undefined) return;
      await this.#options.records.remove(uid);
      this.#running.delete(uid);
      this.#options.onEvent({ type: 'DELETED', pod: gone.pod });
      await this.#reconcile();
    });
  }

  async #reconcile(): Promise<void> {
    const wanted = this.#wanted;
    if (wanted === undefined) return;
    for (const [uid, { path, pod }] of this.#running) {
      const isWanted = wanted.pods.get(path)?.metadata?.uid === uid || wanted.problems.has(path);
      if (!isWanted && pod.metadata?.deletionTimestamp === undefined) this.#end(uid);
    }
    const taken = new Set(this.list().map(fullName));
    for (const [path, pod] of wanted.pods) {
      if (taken.has(fullName(pod))) continue;
      await this.#options.records.save({ path, pod });
      this.#begin({ path, pod });
      taken.add(fullName(pod));
    }
  }

  #begin(record: StaticPodRecord): void {
    this.#running.set(record.pod.metadata?.uid ?? '', record);
    this.#options.onEvent({ type: 'ADDED', pod: record.pod });
  }

  #end(uid: string): void {
    const running = this.#running.get(uid);
    if (running === undefined) return;
    const grace = running.pod.spec?.terminationGracePeriodSeconds ?? 30;
    const metadata = {
      ...running.pod.metadata,
      deletionTimestamp: apiTime(this.#options.clock.now() + grace * 1000),
      deletionGracePeriodSeconds: grace,
    };
    const pod = { ...running.pod, metadata };
    this.#running.set(uid, { ...running, pod });
    this.#options.onEvent({ type: 'MODIFIED', pod });
  }

  /** One change at a time. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

export function fullName({ metadata }: Pod): string {
  return `${metadata?.namespace ?? 'default'}/${metadata?.name ?? ''}`;
}
