import type { Pod } from '../../model/api/types.ts';
import type {
  ContainerStatus as RuntimeContainer,
  ImageStatus,
  PodSandboxStatus,
} from '../../runtime/pod-runtime.ts';
import type { Action } from './action.ts';
import type { ResizeRefusal } from './resize-refusal.ts';

/** All that decides what is to be done for a pod now. */
export interface PlanInput {
  readonly pod: Pod;
  readonly observed: ObservedPod;
  readonly facts: PodFacts;
  /** What is being done, by action key. What was being done when the runtime was asked belongs in it too. */
  readonly busy: ReadonlyMap<string, Action>;
  readonly now: number;
}

/** What the runtime has of the pod; the newest first. */
export interface ObservedPod {
  readonly sandboxes: readonly PodSandboxStatus[];
  readonly containers: readonly RuntimeContainer[];
}

/** What only the agent knows. Losing it in a restart costs repeated work, never a wrong step. */
export interface PodFacts {
  readonly cgroup: StepFact;
  readonly volumes: StepFact;
  readonly sandbox: StepFact;
  /** By container name: for its next start. */
  readonly images: ReadonlyMap<string, ImageFact>;
  /** By container name: why it could not be started, until it can; by `resize/<name>`: why it could not be resized. */
  readonly failures: ReadonlyMap<string, StepFailure>;
  /** Why the node does not give the pod the resources that it now asks for. */
  readonly resizeRefusal: ResizeRefusal | undefined;
  /** By container id. */
  readonly probes: ReadonlyMap<string, ProbeFacts>;
  /** Containers whose preStop hook has been run, or given up, by id: when their grace period is over. */
  readonly preStopped: ReadonlyMap<string, number>;
  /** When the pod began to end, milliseconds since the epoch. */
  readonly endingSince: number | undefined;
  /** Why the node has failed the pod: evicted, or never admitted. */
  readonly eviction: PodVerdict | undefined;
  /** When the contents of volumes are to be brought up to date, milliseconds since the epoch. */
  readonly volumesStaleAt: number;
  /** By action key: until when not to try again what failed. */
  readonly held: ReadonlyMap<string, number>;
  /** Whether the ended pod has given back its network, volumes and cgroup. */
  readonly teardown: StepFact;
  readonly removal: StepFact;
}

/** Why the node has failed a pod. */
export interface PodVerdict {
  readonly reason: string;
  readonly message: string;
  /** How long its containers get. */
  readonly graceSeconds: number;
  /** Whether nothing of it was ever begun. */
  readonly isRefused: boolean;
}

export interface StepFailure {
  readonly reason: string;
  readonly message: string;
  readonly retryAt: number;
}

export type StepFact =
  | { readonly state: 'pending' }
  | { readonly state: 'done' }
  | ({ readonly state: 'failed' } & StepFailure);

export type ImageFact =
  | { readonly state: 'present'; readonly image: ImageStatus }
  | ({ readonly state: 'failed' } & StepFailure);

export type ProbeResult = 'success' | 'failure' | 'unknown';

export interface ProbeFacts {
  readonly startup: ProbeResult;
  readonly liveness: ProbeResult;
  readonly readiness: ProbeResult;
}

export interface Plan {
  readonly actions: readonly Action[];
  /** Keys of what is being done and should not be any more. */
  readonly aborts: readonly string[];
  /** When to look again though nothing has happened, milliseconds since the epoch. */
  readonly wakeAt: number | undefined;
}
