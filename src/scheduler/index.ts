/** `peapod/scheduler`: decides where pods go, exactly, and says why. It does no I/O. */
export type {
  Decision,
  Explanation,
  NodeRejection,
  NodeScore,
  Placement,
  PluginScore,
  Refusal,
  Rejection,
  RejectionCount,
  RejectionDetail,
} from './engine/decision.ts';
export type {
  ClusterEvent,
  FilterStep,
  Normalisation,
  PluginContext,
  PluginScope,
  SchedulerPlugin,
  ScoreStep,
} from './engine/plugin.ts';
export { filterByNode } from './engine/plugin.ts';
export type { PodInfo, PodTemplate } from './engine/pod/pod-info.ts';
export {
  type Profile,
  type ScoringPlugin,
  defaultPlugins,
  defaultProfile,
  profileOf,
} from './engine/profile.ts';
export { SchedulingEngine, type SchedulerOptions } from './engine/schedule-pod.ts';
export { ClusterSnapshot } from './engine/snapshot.ts';
export { summarise } from './engine/summary.ts';

export { planPreemption, type PreemptionPlan } from './engine/preemption.ts';
export type { ClusterChange } from './engine/plugin.ts';
export { groupKeyOf } from './engine/pod/group-key.ts';
export { type NodeInfo, readNode } from './engine/state/node-info.ts';
export { type SchedulerConfiguration, readConfiguration } from './config/read-configuration.ts';
export { type GangPreemptionPlan, planGangPreemption } from './gang/gang-preemption.ts';
export {
  decideGang,
  type GangDecision,
  type GangOptions,
  type GangPlacement,
  type GangRefusal,
} from './gang/place-gang.ts';
export { type Gang, gangPriority, readPodGroup } from './gang/pod-group.ts';
export { type QueueOptions, type QueuePlace, SchedulingQueue } from './queue/scheduling-queue.ts';
export { type ChangeStep, sayStep } from './explain/change-step.ts';
export {
  explainDecision,
  explainPod,
  type NodeVerdict,
  type PluginVerdict,
  type PodExplanation,
} from './explain/explain-pod.ts';
export { type CheckedChange, smallestChanges } from './explain/smallest-changes.ts';
export { type ClusterObject } from './simulate/cluster-objects.ts';
export { countFits, type FitCount } from './simulate/count-fits.ts';
export { loadCluster, type LoadedCluster, type LoadOptions } from './simulate/load-cluster.ts';
export { simulate, type PodOutcome, type SimulationResult } from './simulate/simulate.ts';
