/** Makes the engine's snapshot of a cluster's objects, and tells which pods wait for a node. */
import { defaultPod } from '../../model/defaults/default-pod.ts';
import { PeapodError } from '../../model/errors.ts';
import { assertNoFieldErrors, FieldErrors } from '../../model/field-error.ts';
import type { SchedulerConfiguration } from '../config/read-configuration.ts';
import { compileSelector } from '../engine/pod/label-selector.ts';
import type { PodInfo } from '../engine/pod/pod-info.ts';
import { SchedulingEngine } from '../engine/schedule-pod.ts';
import { ClusterSnapshot } from '../engine/snapshot.ts';
import { type Gang, gangPriority } from '../gang/pod-group.ts';
import { checkObject } from './check-object.ts';
import { type ClusterObject, namespacedName, objectsOf, readingFrom } from './cluster-objects.ts';
import { expandControllers, type ExpandedPod, hasEnded } from './expand-controllers.ts';
import { expandDaemonSets } from './expand-daemon-sets.ts';
import { readGangs } from './read-gangs.ts';
import { splitContainers, withHostname } from './split-containers.ts';

export type PlacementStrategy = 'pod' | 'container';

export interface LoadOptions {
  readonly configuration?: SchedulerConfiguration | undefined;
  /** Whether pods are placed whole, or container by container with an affinity to the first. */
  readonly strategy?: PlacementStrategy;
  /** The same seed makes the same choices. */
  readonly seed?: number;
}

export interface LoadedCluster {
  readonly snapshot: ClusterSnapshot;
  readonly engine: SchedulingEngine;
  /** In the order in which they came. */
  readonly waiting: readonly PodInfo[];
  /** By `namespace/name`. */
  readonly gangs: ReadonlyMap<string, Gang>;
  readonly warnings: readonly string[];
}

/** @throws PeapodError naming where the wrong object stands, and the field */
export function loadCluster(objects: readonly ClusterObject[], options: LoadOptions = {}): LoadedCluster {
  const { configuration, strategy = 'pod', seed = 1 } = options;
  const snapshot = new ClusterSnapshot();
  const warnings: string[] = [...(configuration?.warnings ?? [])];
  for (const object of objects) checkObject(object);
  addObjects(snapshot, objects);
  const gangs = readGangs(objects);
  for (const gang of gangs.values()) {
    const priority = gangPriority(gang, snapshot.objects.priorityClasses);
    if (priority !== undefined) snapshot.objects.gangPriorities.set(gang.key, priority);
  }
  for (const { object, origin } of objectsOf(objects, 'Node')) {
    readingFrom(origin, () => snapshot.addNode(strategy === 'container' ? withHostname(object) : object));
  }
  const waiting: ExpandedPod[] = [];
  const names = new Set<string>();
  for (const { object: pod, origin } of objectsOf(objects, 'Pod')) {
    claimName(names, namespacedName(pod), origin);
    if (hasEnded(pod)) continue;
    const { nodeName } = pod.spec ?? {};
    if (!nodeName) waiting.push({ pod, origin });
    else if (snapshot.nodes.slotOf(nodeName) !== undefined)
      readingFrom(origin, () => snapshot.addPod(defaulted(pod)));
    else warnings.push(`pod ${namespacedName(pod)} is on node ${nodeName}, which is not among the nodes`);
  }
  for (const expanded of [...expandControllers(objects), ...expandDaemonSets(objects)]) {
    claimName(names, namespacedName(expanded.pod), expanded.origin);
    waiting.push(expanded);
  }
  for (const { object, origin } of objectsOf(objects, 'CronJob'))
    warnings.push(`${origin}: CronJob ${namespacedName(object)} is left out: its Jobs come and go`);
  // Pods are read whole first: what is wrong with one is told of the pod as it was written.
  const whole = waiting.map(({ pod, origin }) => readPod(snapshot, pod, origin));
  return {
    snapshot,
    engine: new SchedulingEngine(snapshot, {
      seed,
      ...(configuration && { profiles: configuration.profiles }),
    }),
    waiting:
      strategy === 'pod'
        ? whole
        : waiting.flatMap(splitContainers).map(({ pod, origin }) => readPod(snapshot, pod, origin)),
    gangs,
    warnings,
  };
}

function readPod(snapshot: ClusterSnapshot, pod: ExpandedPod['pod'], origin: string): PodInfo {
  return readingFrom(origin, () => snapshot.readPod(defaulted(pod)));
}

/** What the API server fills in decides about scheduling too: limits become requests. */
function defaulted(pod: ExpandedPod['pod']): ExpandedPod['pod'] {
  if (!Array.isArray(pod.spec?.containers)) return pod;
  try {
    return defaultPod(pod);
  } catch {
    // The engine's reader names the field that defaulting stumbled over.
    return pod;
  }
}

function claimName(names: Set<string>, name: string, origin: string): void {
  if (names.has(name)) {
    throw new PeapodError(
      'AlreadyExists',
      `${origin}: Pod ${JSON.stringify(name)} is invalid: metadata.name: Duplicate value: there is such a pod already`,
    );
  }
  names.add(name);
}

function addObjects(snapshot: ClusterSnapshot, objects: readonly ClusterObject[]): void {
  for (const object of objects) readingFrom(object.origin, () => addObject(snapshot, object));
  snapshot.objectsChanged();
}

function addObject(snapshot: ClusterSnapshot, clusterObject: ClusterObject): void {
  const known = snapshot.objects;
  const { kind, object } = clusterObject;
  const name = object.metadata?.name ?? '';
  if (kind === 'PriorityClass') known.priorityClasses.set(name, object);
  else if (kind === 'PodDisruptionBudget') known.disruptionBudgets.set(namespacedName(object), object);
  else if (kind === 'PersistentVolume') known.volumes.set(name, object);
  else if (kind === 'PersistentVolumeClaim') known.claims.set(namespacedName(object), object);
  else if (kind === 'StorageClass') known.storageClasses.set(name, object);
  else if (kind === 'CSINode') known.csiNodes.set(name, object);
  else if (kind === 'Namespace') snapshot.setNamespace(name, object.metadata?.labels ?? {});
  else addSpreadOwner(snapshot, clusterObject);
}

/** Their pods are spread over nodes and zones unless they say otherwise. */
function addSpreadOwner({ objects }: ClusterSnapshot, { kind, object }: ClusterObject): void {
  const isMap = kind === 'Service' || kind === 'ReplicationController';
  if (!isMap && kind !== 'Deployment' && kind !== 'ReplicaSet' && kind !== 'StatefulSet') return;
  const selector = isMap
    ? { matchLabels: object.spec?.selector ?? {} }
    : (object.spec as { selector?: object } | undefined)?.selector;
  if (isMap && object.spec?.selector === undefined) return;
  const errors = new FieldErrors();
  const compiled = compileSelector(selector, 'spec.selector', errors);
  assertNoFieldErrors(kind, object.metadata?.name ?? '', errors.list);
  objects.spreadOwners.set(`${kind}/${namespacedName(object)}`, {
    namespace: object.metadata?.namespace || 'default',
    selector: compiled,
  });
}
