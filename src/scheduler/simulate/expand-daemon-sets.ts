/** One pod of each DaemonSet for each node that it wants, as its controller makes them. */
import type { DaemonSet, Pod, Toleration } from '../../model/api/types.ts';
import { nodeAffinity } from '../engine/plugins/node-affinity.ts';
import { taintToleration } from '../engine/plugins/taint-toleration.ts';
import { profileOf } from '../engine/profile.ts';
import { SchedulingEngine } from '../engine/schedule-pod.ts';
import { ClusterSnapshot } from '../engine/snapshot.ts';
import { type ClusterObject, objectsOf, readingFrom } from './cluster-objects.ts';
import { controllerOf, type ExpandedPod, podOf } from './expand-controllers.ts';

/** @see kubernetes/pkg/controller/daemon/util/daemonset_util.go AddOrUpdateDaemonPodTolerations */
const DAEMON_TOLERATIONS: readonly Toleration[] = [
  ...['not-ready', 'unreachable'].map((name) => tolerate(name, 'NoExecute')),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name) =>
    tolerate(name, 'NoSchedule'),
  ),
];

function tolerate(name: string, effect: string): Toleration {
  return { key: `node.kubernetes.io/${name}`, operator: 'Exists', effect };
}

export function expandDaemonSets(objects: readonly ClusterObject[]): ExpandedPod[] {
  const sets = objectsOf(objects, 'DaemonSet');
  if (sets.length === 0) return [];
  const nodes = objectsOf(objects, 'Node');
  const there = nodesOfDaemons(objects);
  const snapshot = new ClusterSnapshot();
  for (const { object, origin } of nodes) readingFrom(origin, () => snapshot.addNode(object));
  return sets.flatMap(({ object, origin }) => {
    const key = `${object.metadata?.namespace || 'default'}/${object.metadata?.name ?? ''}`;
    const schedulerName = object.spec?.template.spec?.schedulerName;
    const profile = profileOf([nodeAffinity(), taintToleration], {}, schedulerName);
    const engine = new SchedulingEngine(snapshot, { profiles: [profile] });
    const wanted = readingFrom(origin, () =>
      engine.feasibleNodes(snapshot.readPod(daemonPod(object, origin, 'any').pod)),
    );
    return wanted
      .filter((node) => there.get(key)?.has(node) !== true)
      .map((node) => {
        const daemon = daemonPod(object, origin, node);
        return { ...daemon, pod: tiedTo(daemon.pod, node) };
      });
  });
}

function daemonPod(set: DaemonSet, origin: string, suffix: string): ExpandedPod {
  const { metadata = {}, spec } = set;
  const { pod } = podOf({ kind: 'DaemonSet', metadata, template: spec?.template, origin }, suffix);
  const { priorityClassName: _, ...rest } = pod.spec ?? { containers: [] };
  const tolerations = [...(rest.tolerations ?? []), ...DAEMON_TOLERATIONS];
  const probe = suffix === 'any' ? rest : (pod.spec ?? rest);
  return { origin, pod: { ...pod, spec: { ...probe, tolerations } } };
}

/** Only that node will do; other affinity of the pod was looked at before. */
function tiedTo(pod: Pod, node: string): Pod {
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  const spec = pod.spec ?? { containers: [] };
  return {
    ...pod,
    spec: {
      ...spec,
      affinity: {
        ...spec.affinity,
        nodeAffinity: {
          ...spec.affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
        },
      },
    },
  };
}

/** Where pods of each DaemonSet are, or are to be. */
function nodesOfDaemons(objects: readonly ClusterObject[]): Map<string, Set<string>> {
  const nodes = new Map<string, Set<string>>();
  for (const { object: pod } of objectsOf(objects, 'Pod')) {
    const owner = controllerOf(pod.metadata);
    if (owner?.kind !== 'DaemonSet') continue;
    const key = `${pod.metadata?.namespace || 'default'}/${owner.name}`;
    const node = pod.spec?.nodeName ?? daemonNode(pod);
    if (node !== undefined) nodes.set(key, (nodes.get(key) ?? new Set()).add(node));
  }
  return nodes;
}

/** The node that the DaemonSet's controller tied the pod to. */
export function daemonNode(pod: Pod): string | undefined {
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms.flatMap(({ matchFields = [] }) => matchFields).find(({ key }) => key === 'metadata.name')
    ?.values?.[0];
}
