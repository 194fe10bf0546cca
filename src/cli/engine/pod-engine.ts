import type { UserClient } from '../../client/user-client.ts';
import type { Clock } from '../../model/clock.ts';
import type { Pod } from '../../model/api/types.ts';
import type { Terminal } from '../output/terminal.ts';
import type { Manifests } from '../run/read-input.ts';

/**
 * What brings pods to life, and ends them: the agent of the server that runs, or the same agent in this process. Both do it by what the
 * client has written down; verbs see no difference.
 */
export interface PodEngine extends AsyncDisposable {
  readonly client: UserClient;
  readonly clock: Clock;
  /** The folder of all pods' logs. */
  readonly logs: string;
  /** Whether `create` is the first to change anything, so that nobody has to ask before whether a name is taken. */
  readonly createsFirst: boolean;
  /** Has the images here before the pods are made, and shows how they come; or leaves that to the agent. */
  pullImages(pods: readonly Pod[], terminal: Terminal, options: { signal: AbortSignal }): Promise<void>;
  /** Stores what pods refer to. Disposing takes away again what this call made and no pod uses; `keep` calls that off. */
  apply(manifests: Manifests): Promise<AsyncDisposable & { keep(): void }>;
  /**
   * Creates the pods and has them kept as their specs say; disposing does not end them. When one cannot be made, none is left.
   * @throws PeapodError AlreadyExists, Invalid, Forbidden
   */
  create(pods: readonly Pod[]): Promise<CreatedPods>;
  /** Has pods kept that may have nobody else who does, until disposed of. */
  keep(pods: readonly Pod[]): Keeping;
  /** Resolves when somebody has been started who keeps the pods after this process. */
  handOver(pods: readonly Pod[]): Promise<void>;
  /** Takes away what only pods used that are gone. */
  collectUnused(): Promise<void>;
}

export interface Keeping extends AsyncDisposable {
  /** Aborts, with the reason, when they cannot be kept any longer: nothing more happens to them then, and nobody should wait for it. */
  readonly broken: AbortSignal;
}

export interface CreatedPods extends Keeping {
  /** As they were made, with their uids. */
  readonly pods: readonly Pod[];
}
