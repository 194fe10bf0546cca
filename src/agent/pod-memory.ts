import type { Backoff } from '../model/status/backoff.ts';
import type {
  ImageFact,
  PodFacts,
  PodVerdict,
  ProbeFacts,
  StepFact,
  StepFailure,
} from './planner/plan-input.ts';
import type { Pod } from '../model/api/types.ts';
import type { SeenSources } from './actions/seen-sources.ts';
import type { HeldToken } from './actions/service-account-token.ts';
import type { ResizeRefusal } from './planner/resize-refusal.ts';

/** What a worker remembers of its pod, as `PodFacts` tells; actions and probes write into it. */
export class PodMemory implements PodFacts {
  cgroup: StepFact = { state: 'pending' };
  cgroupPath = '';
  volumes: StepFact = { state: 'pending' };
  /** What they were made of, for which spec, and when. */
  volumesSeen: { sources: SeenSources; spec: Pod['spec']; at: number } | undefined;
  volumesStaleAt = Number.POSITIVE_INFINITY;
  /** How often in a row they could not be set up. */
  volumeFailures = 0;
  sandbox: StepFact = { state: 'pending' };
  teardown: StepFact = { state: 'pending' };
  removal: StepFact = { state: 'pending' };
  /** Nothing of the pod is on the node any more, whatever becomes of its object. */
  isCleared = false;
  readonly images = new Map<string, ImageFact>();
  /** By image reference, whoever uses it. */
  readonly imageBackoffs = new Map<string, Backoff & { failedAt: number; message: string }>();
  readonly failures = new Map<string, StepFailure>();
  readonly probes = new Map<string, ProbeFacts>();
  readonly preStopped = new Map<string, number>();
  readonly held = new Map<string, number>();
  /** Ids of containers that have been told of: that they are being killed, or wait for their restart. */
  readonly announcedKills = new Set<string>();
  readonly announcedBackoffs = new Set<string>();
  /** By id of an ended container. */
  readonly terminationMessages = new Map<string, string>();
  /** Of the pod's service account, by what was asked for. */
  readonly tokens = new Map<string, HeldToken>();
  resizeRefusal: ResizeRefusal | undefined;
  endingSince: number | undefined;
  eviction: PodVerdict | undefined;

  /** Forgets what belongs to containers that are gone. */
  retainContainers(ids: ReadonlySet<string>): void {
    const perContainer = [this.probes, this.preStopped, this.terminationMessages];
    for (const map of perContainer) for (const id of map.keys()) if (!ids.has(id)) map.delete(id);
    for (const set of [this.announcedKills, this.announcedBackoffs]) {
      for (const id of set) if (!ids.has(id)) set.delete(id);
    }
  }
}
