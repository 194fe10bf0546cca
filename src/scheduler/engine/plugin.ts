/**
 * The interface of scheduling plugins, ours and others'. A plugin is asked once per pod for its steps, which then go
 * over all nodes at once. Steps are pure functions of the snapshot.
 */
import type { Rejection } from './decision.ts';
import type { PodInfo } from './pod/pod-info.ts';
import type { ClusterSnapshot } from './snapshot.ts';
import type { NodeColumn } from './state/node-column.ts';
import type { NodeInfo } from './state/node-info.ts';

/** What happened in the cluster; a pod that waits may fit after it. */
export type ClusterEvent =
  | 'NodeAdded'
  | 'NodeAllocatableChanged'
  | 'NodeLabelsChanged'
  | 'NodeTaintsChanged'
  | 'PodAdded'
  | 'PodDeleted'
  | 'PodLabelsChanged'
  | 'PodGatesRemoved'
  | 'VolumeChanged'
  | 'NamespaceChanged';

/** A change with what it is about, as far as that is known. */
export interface ClusterChange {
  readonly event: ClusterEvent;
  readonly node?: NodeInfo;
  readonly pod?: PodInfo;
}

/**
 * What a plugin's answers follow from. `node`: only the pod's shape (requests, tolerations, node affinity, ports,
 * images, claims), the node with its pods, images on nodes, and the cluster's other objects: answers are kept until
 * one of these changes. `cluster`: other nodes and pods, or the pod's labels, too: it is asked anew for each pod.
 */
export type PluginScope = 'node' | 'cluster';

export interface FilterStep {
  /** Says that the step keeps just the nodes whose number in it is 0. */
  readonly column?: NodeColumn;
  /** Says that the step keeps just the nodes with a pod and so much CPU and memory to spare. */
  readonly needs?: { readonly cpu: number; readonly memory: number };
  /**
   * Keeps those of `nodes[0..count)` that suit the pod, in their order, at the front of `nodes`.
   * @returns how many are left
   */
  narrow(nodes: Int32Array, count: number): number;
  /** Why a node does not suit; nothing when it does. It must agree with `narrow`. */
  explain(node: number): Rejection | undefined;
}

/** Brings raw scores into 0..100, in place. */
export type Normalisation =
  | 'none'
  /** The largest becomes 100, 0 stays. */
  | 'share-of-largest'
  /** 0 becomes 100, the largest 0. */
  | 'reversed-share-of-largest'
  | ((nodes: Int32Array, count: number, scores: Float64Array) => void);

export interface ScoreStep {
  readonly normalisation: Normalisation;
  /** Scores that the engine knows by heart, so that the scan may reckon them together. */
  readonly fused?: 'least-allocated' | 'balanced';
  /** Says that the raw scores are the nodes' numbers in it. */
  readonly column?: NodeColumn;
  /** The normalised score of every node when it is the same for all, now; `score` is not asked then. */
  uniform?(): number | undefined;
  /** Writes the raw score of `nodes[i]` to `scores[i]`, for all i below `count`. All of the nodes suit the pod. */
  score(nodes: Int32Array, count: number, scores: Float64Array): void;
}

export interface PluginContext {
  readonly snapshot: ClusterSnapshot;
  readonly pod: PodInfo;
}

export interface SchedulerPlugin {
  readonly name: string;
  readonly scope: PluginScope;
  /** After which events a pod that this plugin turned away is worth another try. */
  readonly events: readonly ClusterEvent[];
  /** Whether one of these events may really have made room for the pod; it may unless told. */
  wakes?(pod: PodInfo, change: ClusterChange): boolean;
  /** Nothing when every node suits the pod. */
  filter?(context: PluginContext): FilterStep | undefined;
  /** Nothing when all nodes are as good; each then gets 0 from this plugin. */
  score?(context: PluginContext): ScoreStep | undefined;
}

/** A filter step from a test of one node: the short way to write one. */
export function filterByNode(explain: (node: number) => Rejection | undefined): FilterStep {
  return {
    explain,
    narrow(nodes, count) {
      let kept = 0;
      for (let index = 0; index < count; index++) {
        const node = nodes[index] ?? 0;
        if (explain(node) === undefined) nodes[kept++] = node;
      }
      return kept;
    },
  };
}
