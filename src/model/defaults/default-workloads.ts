/** @see kubernetes/pkg/apis/apps/v1/defaults.go */
import { copyPlain } from '../copy-plain.ts';
import type { DaemonSet, Deployment, PodTemplateSpec, ReplicaSet } from '../api/types.ts';
import { canonicalizeQuantities } from './canonical-quantities.ts';
import { defaultTemplateSpec } from './default-pod.ts';

const REVISIONS = 10;
const PROGRESS_SECONDS = 600;

/** A copy that says how its pods are replaced. */
export function defaultDeployment(deployment: Deployment): Deployment {
  const copy = copyOf(deployment, 'Deployment');
  const { spec } = copy;
  if (spec === undefined) return copy;
  defaultPodTemplate(spec.template);
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ||= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate = { maxSurge: '25%', maxUnavailable: '25%', ...spec.strategy.rollingUpdate };
  }
  spec.revisionHistoryLimit ??= REVISIONS;
  spec.progressDeadlineSeconds ??= PROGRESS_SECONDS;
  return copy;
}

export function defaultReplicaSet(replicaSet: ReplicaSet): ReplicaSet {
  const copy = copyOf(replicaSet, 'ReplicaSet');
  if (copy.spec === undefined) return copy;
  defaultPodTemplate(copy.spec.template);
  copy.spec.replicas ??= 1;
  return copy;
}

export function defaultDaemonSet(daemonSet: DaemonSet): DaemonSet {
  const copy = copyOf(daemonSet, 'DaemonSet');
  const { spec } = copy;
  if (spec === undefined) return copy;
  defaultPodTemplate(spec.template);
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate = {
      maxSurge: 0,
      maxUnavailable: 1,
      ...spec.updateStrategy.rollingUpdate,
    };
  }
  spec.revisionHistoryLimit ??= REVISIONS;
  return copy;
}

/** Fills in, in place. Requests and the node's ports follow only when a pod is made. */
export function defaultPodTemplate(template: PodTemplateSpec | undefined): void {
  if (template?.spec === undefined) return;
  template.spec.containers ??= [];
  defaultTemplateSpec(template.spec);
}

function copyOf<T extends { apiVersion?: string; kind?: string }>(object: T, kind: string): T {
  const copy = { ...copyPlain(object), apiVersion: 'apps/v1', kind };
  canonicalizeQuantities(copy, kind);
  return copy;
}
