/** What a picture of the nodes shows: whatever draws it, it says the same. */
import { podRequests } from '../../../model/pod-requests.ts';
import { amountOf } from '../../../scheduler/engine/pod/read-amounts.ts';
import { type PodInfo, podName } from '../../../scheduler/engine/pod/pod-info.ts';
import { controllerOf } from '../../../scheduler/simulate/expand-controllers.ts';
import type { PodOutcome, SimulationResult } from '../../../scheduler/simulate/simulate.ts';

export interface PictureContainer {
  readonly name: string;
  readonly share: number;
}

export interface PicturePod {
  readonly name: string;
  /** Pods of one controller, gang or origin are of one group, and have one colour; 0 for pods that were there before. */
  readonly group: number;
  readonly memory: number;
  readonly cpu: number;
  readonly containers: readonly PictureContainer[];
}

export interface PictureNode {
  readonly name: string;
  readonly cordoned: boolean;
  readonly memory: number;
  readonly cpu: number;
  readonly pods: readonly PicturePod[];
}

export interface ClusterPicture {
  /** By name. */
  readonly nodes: readonly PictureNode[];
  /** What the groups of new pods are called; group 1 comes first. */
  readonly groups: readonly string[];
  readonly pending: readonly (PicturePod & { readonly reason: string })[];
}

export function pictureOf(
  result: SimulationResult,
  reasonOf: (outcome: PodOutcome) => string,
): ClusterPicture {
  const groups = new Map<string, number>();
  const fresh = new Set(result.pods.map(({ pod }) => pod));
  const draw = (pod: PodInfo): PicturePod => {
    const key = groupOf(pod);
    if (fresh.has(pod) && !groups.has(key)) groups.set(key, groups.size + 1);
    return picturePod(pod, fresh.has(pod) ? (groups.get(key) ?? 0) : 0);
  };
  const { nodes } = result.cluster.snapshot;
  const drawn = [...nodes.live.subarray(0, nodes.count)].map((slot): PictureNode => {
    const { name, allocatable, unschedulable } = nodes.info(slot);
    const pods = nodes.podsOn(slot).map(draw);
    return {
      name,
      cordoned: unschedulable,
      memory: allocatable.get('memory') ?? 0,
      cpu: allocatable.get('cpu') ?? 0,
      pods: pods.sort((a, b) => a.group - b.group || (a.name < b.name ? -1 : 1)),
    };
  });
  const pending = result.pods
    .filter(({ outcome }) => outcome === 'pending')
    .map((outcome) => ({ ...draw(outcome.pod), reason: reasonOf(outcome) }));
  return {
    groups: [...groups.keys()].map(shortName),
    pending,
    nodes: drawn.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
  };
}

/** Without the namespace when that is the default one. */
function shortName(name: string): string {
  return name.startsWith('default/') ? name.slice('default/'.length) : name;
}

function groupOf(pod: PodInfo): string {
  const owner = controllerOf(pod.pod.metadata);
  const [whole = ''] = pod.name.split('/');
  return `${pod.template.namespace}/${owner?.name ?? pod.gang ?? whole}`;
}

function picturePod(pod: PodInfo, group: number): PicturePod {
  const { requests } = pod.template.shape;
  const containers = pod.pod.spec?.containers ?? [];
  const amounts = containers.map((container) => {
    const memory = podRequests({ spec: { containers: [container] } }).get('memory');
    return memory === undefined ? 0 : amountOf('memory', memory);
  });
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  return {
    name: shortName(podName(pod)),
    group,
    memory: requests.get('memory') ?? 0,
    cpu: requests.get('cpu') ?? 0,
    containers: containers.map((container, index) => ({
      name: container.name,
      share: sum === 0 ? 1 / containers.length : (amounts[index] ?? 0) / sum,
    })),
  };
}

/** How much of its node's larger resource (memory, where there is any) a pod takes: 0..1. */
export function shareOf({ memory, cpu }: PicturePod, node: PictureNode): number {
  if (node.memory > 0) return memory / node.memory;
  return node.cpu > 0 ? cpu / node.cpu : 0;
}

export function usedOf(node: PictureNode, resource: 'memory' | 'cpu'): number {
  return node.pods.reduce((sum, pod) => sum + pod[resource], 0);
}
