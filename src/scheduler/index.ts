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
