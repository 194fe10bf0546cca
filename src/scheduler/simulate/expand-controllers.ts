/** The pods that controllers would make of their templates, beyond those that are there already. */
import type { ObjectMeta, OwnerReference, Pod, PodTemplateSpec } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { type ClusterKind, type ClusterObject, namespacedName, objectsOf } from './cluster-objects.ts';

export interface ExpandedPod {
  readonly pod: Pod;
  readonly origin: string;
}

/** A simulation of more pods than this is a slip of the keyboard. */
const MAX_REPLICAS = 1_000_000;

interface Demand {
  readonly kind: ClusterKind;
  readonly metadata: ObjectMeta;
  readonly template: PodTemplateSpec | undefined;
  readonly count: number;
  readonly firstOrdinal: number;
  readonly origin: string;
}

/** Pods of Deployments, ReplicaSets, ReplicationControllers, StatefulSets and Jobs. Those of DaemonSets follow from the nodes. */
export function expandControllers(objects: readonly ClusterObject[]): ExpandedPod[] {
  const owned = countOwned(objects);
  return demandsOf(objects).flatMap((demand) => {
    checkCount(demand);
    const there = owned.get(ownerKey(demand.kind, demand.metadata)) ?? 0;
    const missing = Math.max(0, demand.count - there);
    return Array.from({ length: missing }, (_, index) => podOf(demand, demand.firstOrdinal + there + index));
  });
}

function demandsOf(objects: readonly ClusterObject[]): Demand[] {
  const demand = (
    { kind, origin, object }: ClusterObject,
    template: PodTemplateSpec | undefined,
    count: number,
    firstOrdinal = 0,
  ): Demand => ({ kind, metadata: object.metadata ?? {}, template, count, firstOrdinal, origin });
  return objects.flatMap((entry) => {
    switch (entry.kind) {
      case 'Deployment':
      case 'ReplicationController':
        return [demand(entry, entry.object.spec?.template, entry.object.spec?.replicas ?? 1)];
      case 'ReplicaSet':
        return isOwned(entry.object.metadata)
          ? []
          : [demand(entry, entry.object.spec?.template, entry.object.spec?.replicas ?? 1)];
      case 'StatefulSet': {
        const { spec } = entry.object;
        return [demand(entry, spec?.template, spec?.replicas ?? 1, spec?.ordinals?.start ?? 0)];
      }
      case 'Job': {
        const { spec } = entry.object;
        if (spec?.suspend === true) return [];
        const parallelism = spec?.parallelism ?? 1;
        return [demand(entry, spec?.template, Math.min(parallelism, spec?.completions ?? parallelism))];
      }
      default:
        return [];
    }
  });
}

function checkCount({ kind, metadata, count, origin }: Demand): void {
  if (Number.isInteger(count) && count >= 0 && count <= MAX_REPLICAS) return;
  const field = kind === 'Job' ? 'spec.parallelism' : 'spec.replicas';
  throw new PeapodError(
    'Invalid',
    `${origin}: ${kind} ${JSON.stringify(metadata.name ?? '')} is invalid: ${field}: Invalid value: ${String(count)}: must be a whole number from 0 to ${MAX_REPLICAS}`,
  );
}

/** A template's pod as its controller would name and own it. */
export function podOf(
  { kind, metadata, template, origin }: Omit<Demand, 'count' | 'firstOrdinal'>,
  suffix: number | string,
): ExpandedPod {
  const namespace = metadata.namespace || 'default';
  const owner: OwnerReference = {
    apiVersion: kind === 'Job' ? 'batch/v1' : kind === 'ReplicationController' ? 'v1' : 'apps/v1',
    kind,
    name: metadata.name ?? '',
    uid: metadata.uid ?? `${kind}/${namespace}/${metadata.name}`,
    controller: true,
  };
  if (template === undefined) {
    throw new PeapodError(
      'Invalid',
      `${origin}: ${kind} ${JSON.stringify(owner.name)} is invalid: spec.template: Required value`,
    );
  }
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${owner.name}-${suffix}`,
      namespace,
      ...(template.metadata?.labels && { labels: template.metadata.labels }),
      ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
      ownerReferences: [owner],
    },
    ...(template.spec && { spec: template.spec }),
  };
  return { pod, origin };
}

function ownerKey(kind: string, { namespace, name }: ObjectMeta): string {
  return `${kind}/${namespace || 'default'}/${name}`;
}

function isOwned(metadata: ObjectMeta | undefined): boolean {
  return controllerOf(metadata) !== undefined;
}

export function controllerOf(metadata: ObjectMeta | undefined): OwnerReference | undefined {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

/** How many pods of each controller are there. Those of a Deployment are its ReplicaSets'. */
function countOwned(objects: readonly ClusterObject[]): Map<string, number> {
  const deploymentOf = new Map<string, string>();
  for (const { object } of objectsOf(objects, 'ReplicaSet')) {
    const owner = controllerOf(object.metadata);
    if (owner?.kind === 'Deployment')
      deploymentOf.set(
        namespacedName(object),
        ownerKey('Deployment', { ...object.metadata, name: owner.name }),
      );
  }
  const deployments = new Set(objectsOf(objects, 'Deployment').map(({ object }) => namespacedName(object)));
  const counts = new Map<string, number>();
  for (const { object: pod } of objectsOf(objects, 'Pod')) {
    const owner = controllerOf(pod.metadata);
    if (owner === undefined || hasEnded(pod)) continue;
    const namespace = pod.metadata?.namespace || 'default';
    const own = ownerKey(owner.kind, { namespace, name: owner.name });
    const guessed = `${namespace}/${owner.name.slice(0, owner.name.lastIndexOf('-'))}`;
    const guess = owner.kind === 'ReplicaSet' && deployments.has(guessed) ? `Deployment/${guessed}` : own;
    const key = (owner.kind === 'ReplicaSet' && deploymentOf.get(`${namespace}/${owner.name}`)) || guess;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Its node's room is free again. */
export function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
