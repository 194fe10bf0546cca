import type { NamespaceCondition } from '../model/api/types.ts';
import { apiTime } from '../model/status/pod-conditions.ts';

/** What a pass over a namespace that is to go has found. */
export interface Remains {
  /** Objects that are still there, by kind: `pods`, `deployments.apps`. */
  readonly objects: ReadonlyMap<string, number>;
  /** On how many of them each finalizer stands. */
  readonly finalizers: ReadonlyMap<string, number>;
  /** What could not be deleted, and why. */
  readonly failures: readonly string[];
}

/**
 * Why a namespace is not gone yet.
 * @see kubernetes/pkg/controller/namespace/deletion/status_condition_utils.go
 */
export function namespaceConditions(
  before: readonly NamespaceCondition[],
  { objects, finalizers, failures }: Remains,
  nowMs: number,
): NamespaceCondition[] {
  const list = (counts: ReadonlyMap<string, number>, text: (name: string, count: number) => string) =>
    [...counts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => text(name, count))
      .join(', ');
  const verdicts: NamespaceCondition[] = [
    verdict(
      'NamespaceDeletionDiscoveryFailure',
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ),
    verdict(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    failures.length > 0
      ? {
          type: 'NamespaceDeletionContentFailure',
          status: 'True',
          reason: 'ContentDeletionFailed',
          message: `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`,
        }
      : verdict(
          'NamespaceDeletionContentFailure',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        ),
    objects.size > 0
      ? {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${list(objects, (name, count) => `${name} has ${count} resource instances`)}`,
        }
      : verdict('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'),
    finalizers.size > 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${list(finalizers, (name, count) => `${name} in ${count} resource instances`)}`,
        }
      : verdict(
          'NamespaceFinalizersRemaining',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ),
  ];
  return verdicts.map((one) => {
    const present = before.find(({ type }) => type === one.type);
    const kept = present?.status === one.status ? present.lastTransitionTime : undefined;
    return { ...one, lastTransitionTime: kept ?? apiTime(nowMs) };
  });
}

function verdict(type: string, reason: string, message: string): NamespaceCondition {
  return { type, status: 'False', reason, message };
}
