/**
 * A pod taken apart as Docker Swarm would place it: each container by itself, in order, those after the first with an
 * affinity to the node of the first.
 */
import type { Container, Node, Pod, PodSpec } from '../../model/api/types.ts';
import { DEFAULT_SCHEDULER_NAME } from '../engine/profile.ts';
import type { ExpandedPod } from './expand-controllers.ts';

const HOSTNAME = 'kubernetes.io/hostname';
/** Which pod a container is the first of. */
const FIRST_OF = 'peapod.dev/first-of';

/** The first keeps what else the pod asks for: init containers, ports, affinity, volumes. */
export function splitContainers({ pod, origin }: ExpandedPod): ExpandedPod[] {
  const [first, ...others] = pod.spec?.containers ?? [];
  if (pod.spec === undefined || first === undefined || others.length === 0) return [{ pod, origin }];
  const { spec } = pod;
  const id = `${pod.metadata?.namespace || 'default'}.${pod.metadata?.name}`;
  const labels = { ...pod.metadata?.labels, [FIRST_OF]: id };
  return [
    { origin, pod: container(pod, first, { ...spec, containers: [first] }, labels) },
    ...others.map((other) => ({
      origin,
      pod: container(pod, other, followerSpec(spec, other, id), undefined),
    })),
  ];
}

function container(
  { metadata = {}, apiVersion = 'v1' }: Pod,
  { name }: Container,
  spec: PodSpec,
  labels: Record<string, string> | undefined,
): Pod {
  const { uid: _uid, labels: _labels, ...rest } = metadata;
  return {
    apiVersion,
    kind: 'Pod',
    metadata: { ...rest, name: `${metadata.name}/${name}`, ...(labels && { labels }) },
    spec,
  };
}

function followerSpec(spec: PodSpec, follower: Container, id: string): PodSpec {
  const { tolerations, nodeSelector, priority, priorityClassName, preemptionPolicy, schedulingGates } = spec;
  const first = { topologyKey: HOSTNAME, labelSelector: { matchLabels: { [FIRST_OF]: id } } };
  return {
    containers: [follower],
    schedulerName: spec.schedulerName ?? DEFAULT_SCHEDULER_NAME,
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [first] } },
    ...(tolerations && { tolerations }),
    ...(nodeSelector && { nodeSelector }),
    ...(priority !== undefined && { priority }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(preemptionPolicy !== undefined && { preemptionPolicy }),
    ...(schedulingGates && { schedulingGates }),
  };
}

/** The kubelet gives every node this label; files may leave it out. */
export function withHostname(node: Node): Node {
  const { metadata = {} } = node;
  if (metadata.name === undefined || metadata.labels?.[HOSTNAME] !== undefined) return node;
  return { ...node, metadata: { ...metadata, labels: { ...metadata.labels, [HOSTNAME]: metadata.name } } };
}
