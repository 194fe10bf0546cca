import type { Clock } from '../../model/clock.ts';
import type { PodRuntime } from '../../runtime/pod-runtime.ts';
import type { CpuRates } from './cpu-rates.ts';
import type { EventHub } from './event-hub.ts';
import type { SharedWork } from './shared-work.ts';
import type { StreamServer } from './stream-server.ts';

/** What the verbs of a CRI server share. */
export interface CriContext {
  readonly runtime: PodRuntime;
  readonly clock: Clock;
  /** Calls for the same thing at the same time are one. */
  readonly work: SharedWork;
  readonly streams: StreamServer;
  readonly events: EventHub;
  readonly rates: CpuRates;
  /** What `Status` tells besides, when it is asked to be verbose. */
  readonly info: Readonly<Record<string, unknown>>;
  /** The addresses of pods, where it is the runtime that gives them out. */
  readonly podCidr: string;
  /** Who makes the cgroups of containers. */
  readonly cgroupDriver: 'SYSTEMD' | 'CGROUPFS';
}
