/** As after `kubectl drain`: the nodes take no more pods, and those that were there wait for other nodes. */
import type { Node, Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { FieldErrors } from '../../model/field-error.ts';
import { isMirrorPod } from '../../model/mirror-pod.ts';
import { compileSelector, matchesSelector } from '../engine/pod/label-selector.ts';
import { checkObject } from './check-object.ts';
import { type ClusterObject, namespacedName, objectsOf } from './cluster-objects.ts';
import { controllerOf } from './expand-controllers.ts';

export interface Drained {
  readonly objects: readonly ClusterObject[];
  readonly warnings: readonly string[];
}

/**
 * Pods of DaemonSets and mirror pods stay, as kubectl leaves them.
 * @throws PeapodError `NotFound` for a node that is not there; `Invalid` naming where a wrong object stands, and the field
 */
export function drainNodes(objects: readonly ClusterObject[], names: readonly string[]): Drained {
  for (const object of objects) checkObject(object);
  const drained = new Set(names);
  const known = new Set(objectsOf(objects, 'Node').map(({ object }) => object.metadata?.name));
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined)
    throw new PeapodError('NotFound', `cannot drain node ${JSON.stringify(missing)}: there is no such node`);
  const moved: Pod[] = [];
  const changed = objects.map((entry): ClusterObject => {
    if (entry.kind === 'Node' && drained.has(entry.object.metadata?.name ?? ''))
      return { ...entry, object: cordoned(entry.object) };
    if (entry.kind !== 'Pod' || !drained.has(entry.object.spec?.nodeName ?? '') || stays(entry.object))
      return entry;
    moved.push(entry.object);
    return { ...entry, object: waiting(entry.object) };
  });
  return { objects: changed, warnings: budgetWarnings(objects, moved) };
}

function cordoned(node: Node): Node {
  return { ...node, spec: { ...node.spec, unschedulable: true } };
}

function stays(pod: Pod): boolean {
  return controllerOf(pod.metadata)?.kind === 'DaemonSet' || isMirrorPod(pod);
}

function waiting(pod: Pod): Pod {
  const { nodeName: _, ...spec } = pod.spec ?? { containers: [] };
  const { status: _status, ...rest } = pod;
  return { ...rest, spec };
}

/** `kubectl drain` would wait at a budget that runs out; a simulation goes on, and says so. */
function budgetWarnings(objects: readonly ClusterObject[], moved: readonly Pod[]): string[] {
  return objectsOf(objects, 'PodDisruptionBudget').flatMap(({ object }) => {
    const selector = compileSelector(object.spec?.selector, 'spec.selector', new FieldErrors());
    const namespace = object.metadata?.namespace || 'default';
    const hit = moved.filter(
      ({ metadata }) =>
        (metadata?.namespace || 'default') === namespace &&
        matchesSelector(selector, new Map(Object.entries(metadata?.labels ?? {}))),
    );
    const allowed = object.status?.disruptionsAllowed ?? 0;
    if (hit.length <= allowed) return [];
    return [
      `PodDisruptionBudget ${namespacedName(object)} allows ${allowed} evictions, draining takes ${hit.length}: it would have to wait`,
    ];
  });
}
