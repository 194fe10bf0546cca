/** A pod as the engine sees it. */
import type { Pod } from '../../../model/api/types.ts';
import type { PodAffinityTerms } from './affinity-terms.ts';
import type { Labels } from './labels.ts';
import type { PodShape } from './pod-shape.ts';
import type { SpreadConstraint } from './spread-constraints.ts';

/** Everything about pods that the engine looks at and that pods of one template share. */
export interface PodTemplate {
  /** Pods of the same key are of the same template. */
  readonly key: string;
  readonly namespace: string;
  readonly labels: Labels;
  /** Says namespace and labels. */
  readonly groupKey: string;
  readonly shape: PodShape;
  readonly affinity: PodAffinityTerms;
  readonly spread: readonly SpreadConstraint[];
  readonly schedulerName: string;
  readonly gates: readonly string[];
}

export interface PodInfo {
  /** The UID, or `namespace/name` of a pod that has none. */
  readonly key: string;
  readonly name: string;
  readonly template: PodTemplate;
  readonly priority: number;
  readonly mayPreempt: boolean;
  readonly terminating: boolean;
  /** When it was created and when it started, in milliseconds since the epoch; 0 when unknown. */
  readonly createdMs: number;
  readonly startedMs: number;
  /** `namespace/name` of its PodGroup. */
  readonly gang: string | undefined;
  readonly pod: Pod;
  /** The slot of its node, and its place in the list there; kept by the snapshot. */
  slot: number;
  position: number;
}

export const NOWHERE = -1;

/** `namespace/name` */
export function podName(pod: PodInfo): string {
  return `${pod.template.namespace}/${pod.name}`;
}
