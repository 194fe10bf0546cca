/** kube-scheduler's rules, written down one after the other, slow and plain: what the engine is measured against. */
import type { Container, Node, Pod, PodSpec } from '../../../model/api/types.ts';
import { podRequests } from '../../../model/pod-requests.ts';
import {
  milliCpuOf,
  parseResources,
  type ResourceAmounts,
  wholeAmountOf,
} from '../../../model/resource-list.ts';
import { affinityAllows, PREFERRED, rawAffinityScore } from './reference-affinity.ts';
import { podsOn, type ReferenceCluster } from './reference-cluster.ts';
import { allowsNode, isTolerated, termSelects, toleratesHardTaints } from './reference-selectors.ts';
import { spreadAllows, spreadScores } from './reference-spread.ts';

export type FitStrategy = 'LeastAllocated' | 'MostAllocated';

export function referenceFeasible(cluster: ReferenceCluster, pod: Pod): Node[] {
  return cluster.nodes.filter((node) => suits(cluster, pod, node));
}

function suits(cluster: ReferenceCluster, pod: Pod, node: Node): boolean {
  const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec?.unschedulable && !isTolerated(cordon, pod.spec?.tolerations)) return false;
  if (pod.spec?.nodeName && pod.spec.nodeName !== node.metadata?.name) return false;
  return (
    toleratesHardTaints(pod, node) &&
    allowsNode(pod, node) &&
    portsFree(cluster, pod, node) &&
    fits(cluster, pod, node) &&
    spreadAllows(cluster, pod, node) &&
    affinityAllows(cluster, pod, node)
  );
}

function portsFree(cluster: ReferenceCluster, pod: Pod, node: Node): boolean {
  const portsOf = ({ spec }: Pod) =>
    (spec?.containers ?? [])
      .flatMap(({ ports = [] }) => ports)
      .filter(({ hostPort = 0 }) => hostPort > 0)
      .map(({ hostIP, protocol, hostPort }) => ({
        ip: hostIP || '0.0.0.0',
        protocol: protocol ?? 'TCP',
        hostPort,
      }));
  const used = podsOn(cluster, node).flatMap(portsOf);
  return portsOf(pod).every((wanted) =>
    used.every(
      (port) =>
        port.hostPort !== wanted.hostPort ||
        port.protocol !== wanted.protocol ||
        (port.ip !== wanted.ip && port.ip !== '0.0.0.0' && wanted.ip !== '0.0.0.0'),
    ),
  );
}

function amount(amounts: ResourceAmounts, name: string): number {
  return name === 'cpu' ? milliCpuOf(amounts) : wholeAmountOf(amounts, name);
}

function capacity(node: Node, name: string): number {
  return amount(parseResources(node.status?.allocatable), name);
}

function fits(cluster: ReferenceCluster, pod: Pod, node: Node): boolean {
  const others = podsOn(cluster, node);
  if (others.length + 1 > capacity(node, 'pods')) return false;
  const requests = podRequests(pod);
  return [...requests.keys()].every((name) => {
    const needed = amount(requests, name);
    const used = others.reduce((sum, other) => sum + amount(podRequests(other), name), 0);
    return needed === 0 || needed <= capacity(node, name) - used;
  });
}

/** The total scores of `feasible`, in their order, with the default profile or another strategy of fit. */
export function referenceScores(
  cluster: ReferenceCluster,
  pod: Pod,
  feasible: readonly Node[],
  strategy: FitStrategy = 'LeastAllocated',
): number[] {
  const softTaints = feasible.map(
    ({ spec }) =>
      (spec?.taints ?? []).filter(
        (taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(taint, pod.spec?.tolerations),
      ).length,
  );
  const preferences = feasible.map((node) =>
    (pod.spec?.affinity?.nodeAffinity?.[PREFERRED] ?? []).reduce(
      (sum, { weight, preference }) => sum + (termSelects(preference, node) ? weight : 0),
      0,
    ),
  );
  const parts: [number, readonly number[]][] = [
    [3, shareOfLargest(softTaints).map((share) => 100 - share)],
    [2, shareOfLargest(preferences)],
    [1, feasible.map((node) => allocationScore(cluster, pod, node, strategy))],
    [2, spreadScores(cluster, pod, feasible)],
    [2, betweenExtremes(feasible.map((node) => rawAffinityScore(cluster, pod, node)))],
    [1, feasible.map((node) => balanceScore(cluster, pod, node))],
    [1, feasible.map((node) => imageScore(cluster, pod, node))],
  ];
  return feasible.map((_, index) =>
    parts.reduce((sum, [weight, scores]) => sum + weight * (scores[index] ?? 0), 0),
  );
}

function shareOfLargest(raw: readonly number[]): number[] {
  const largest = Math.max(0, ...raw);
  return raw.map((score) => (largest === 0 ? 0 : Math.trunc((score * 100) / largest)));
}

function betweenExtremes(raw: readonly number[]): number[] {
  const least = Math.min(...raw);
  const range = Math.max(...raw) - least;
  return raw.map((score) => (range === 0 ? 0 : Math.trunc(100 * ((score - least) / range))));
}

function withAssumed(pod: Pod): Pod {
  const assume = (container: Container): Container => ({
    ...container,
    resources: { requests: { cpu: '100m', memory: '200Mi', ...container.resources?.requests } },
  });
  const { containers, initContainers = [], ...spec }: PodSpec = pod.spec ?? { containers: [] };
  return {
    ...pod,
    spec: { ...spec, containers: containers.map(assume), initContainers: initContainers.map(assume) },
  };
}

function allocationScore(cluster: ReferenceCluster, pod: Pod, node: Node, strategy: FitStrategy): number {
  const all = [...podsOn(cluster, node), pod].map(withAssumed);
  const scores: number[] = [];
  for (const name of ['cpu', 'memory']) {
    const has = capacity(node, name);
    if (has === 0) continue;
    const used = all.reduce((sum, other) => sum + amount(podRequests(other), name), 0);
    const least = used > has ? 0 : Math.floor(((has - used) * 100) / has);
    const most = Math.floor((Math.min(used, has) * 100) / has);
    scores.push(strategy === 'LeastAllocated' ? least : most);
  }
  return scores.length === 0 ? 0 : Math.floor(scores.reduce((sum, score) => sum + score, 0) / scores.length);
}

function balanceScore(cluster: ReferenceCluster, pod: Pod, node: Node): number {
  if ([...podRequests(pod).values()].every(({ nano }) => nano === 0n)) return 0;
  const all = [...podsOn(cluster, node), pod];
  const shares: number[] = [];
  for (const name of ['cpu', 'memory']) {
    const has = capacity(node, name);
    if (has === 0) continue;
    const used = all.reduce((sum, other) => sum + amount(podRequests(other), name), 0);
    shares.push(Math.min(1, used / has));
  }
  const [first = 0, second = first] = shares;
  return Math.floor((1 - Math.abs((first - second) / 2)) * 100);
}

function imageScore(cluster: ReferenceCluster, pod: Pod, node: Node): number {
  const sizeOn = ({ status }: Node, image: string): number | undefined =>
    status?.images?.find(({ names = [] }) => names.includes(image))?.sizeBytes;
  const images = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(
    ({ image = '' }) => (image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`),
  );
  const mib = 1024 * 1024;
  const sum = images.reduce((total, image) => {
    const having = cluster.nodes.filter((other) => sizeOn(other, image) !== undefined).length;
    return total + Math.trunc((sizeOn(node, image) ?? 0) * (having / cluster.nodes.length));
  }, 0);
  const most = 1000 * mib * images.length;
  const clamped = Math.min(Math.max(sum, 23 * mib), most);
  return Math.trunc((100 * (clamped - 23 * mib)) / (most - 23 * mib));
}
