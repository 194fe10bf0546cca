import type { Pod } from '../../model/api/types.ts';
import type { AgentDeps } from '../agent-deps.ts';
import type { PodEvents } from '../events/pod-events.ts';
import type { ObservedPod } from '../planner/plan-input.ts';
import type { PodMemory } from '../pod-memory.ts';

/** What an action works with. */
export interface PodContext {
  readonly deps: AgentDeps;
  readonly events: PodEvents;
  /** As last seen, with the status as last written. */
  readonly pod: Pod;
  readonly observed: ObservedPod;
  readonly memory: PodMemory;
  /** Aborted when the action shall not go on, or the agent ends. */
  readonly signal: AbortSignal;
}
