/** What a pod wants of a node by itself, whatever other nodes hold: pods of one shape share scores. */
import type { Container, Pod, PodSpec } from '../../../model/api/types.ts';
import type { FieldErrors } from '../../../model/field-error.ts';
import { podRequests } from '../../../model/pod-requests.ts';
import type { NodeTable } from '../state/node-table.ts';
import { checkCount } from './limits.ts';
import { compileNodeSelector, compileNodeSelectorTerm, isEmptyTerm, type NodeTest } from './node-selector.ts';
import { checkPodAmounts } from './pod-amounts.ts';
import { amountOf } from './read-amounts.ts';
import { compileTolerations, type TaintTest } from './tolerations.ts';

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

export interface WeightedNodeTest {
  readonly weight: number;
  readonly test: NodeTest;
}

export interface PodShape {
  /** The same for pods that want the same. */
  readonly key: string;
  readonly nodeName: string | undefined;
  readonly tolerationsKey: string;
  readonly tolerates: TaintTest;
  /** Says `nodeSelector` and node affinity; empty when there is neither. */
  readonly affinityKey: string;
  /** Whether `nodeSelector` and required node affinity allow a node. */
  readonly allowsNode: NodeTest | undefined;
  readonly preferredNodes: readonly WeightedNodeTest[];
  /** Columns of the resource table, and how much of each: only what is more than 0. */
  readonly columns: readonly number[];
  readonly amounts: readonly number[];
  /** The same by name. */
  readonly requests: ReadonlyMap<string, number>;
  readonly assumedCpu: number;
  readonly assumedMemory: number;
  /** Whether it asks for nothing at all. */
  readonly bestEffort: boolean;
  readonly hostPorts: readonly HostPort[];
  /** Normalised names, one per container. */
  readonly images: readonly string[];
  /** `namespace/name` of each claim. */
  readonly claims: readonly string[];
}

/** What the least and most allocated score count for a container that asks for nothing. */
const ASSUMED_REQUESTS = { cpu: '100m', memory: '200Mi' };

export function compileShape(key: string, pod: Pod, nodes: NodeTable, errors: FieldErrors): PodShape {
  const spec: PodSpec = pod.spec ?? { containers: [] };
  const amounts = checkPodAmounts(spec, errors) ? requestsOf(spec) : new Map<string, number>();
  const assumed = errors.list.length === 0 ? requestsOf(withAssumedRequests(spec)) : amounts;
  const entries = [...amounts].filter(([, amount]) => amount > 0);
  const nodeAffinity = spec.affinity?.nodeAffinity;
  return {
    key,
    nodeName: spec.nodeName === '' ? undefined : spec.nodeName,
    tolerationsKey: JSON.stringify(spec.tolerations ?? []),
    tolerates: compileTolerations(spec.tolerations, 'spec.tolerations', errors),
    affinityKey:
      spec.nodeSelector || nodeAffinity ? JSON.stringify([spec.nodeSelector ?? {}, nodeAffinity ?? {}]) : '',
    allowsNode: compileRequired(spec, errors),
    preferredNodes: compilePreferred(spec, errors),
    columns: entries.map(([name]) => nodes.column(name)),
    amounts: entries.map(([, amount]) => amount),
    requests: new Map(entries),
    assumedCpu: assumed.get('cpu') ?? 0,
    assumedMemory: assumed.get('memory') ?? 0,
    bestEffort: entries.length === 0,
    hostPorts: hostPortsOf(spec),
    images: [...(spec.initContainers ?? []), ...spec.containers].map(({ image = '' }) =>
      normalImageName(image),
    ),
    claims: claimsOf(pod),
  };
}

function requestsOf(spec: PodSpec): Map<string, number> {
  const requests = podRequests({ spec });
  return new Map([...requests].map(([name, quantity]) => [name, amountOf(name, quantity)]));
}

function withAssumedRequests(spec: PodSpec): PodSpec {
  const assume = (container: Container): Container => ({
    ...container,
    resources: {
      ...container.resources,
      requests: { ...ASSUMED_REQUESTS, ...container.resources?.requests },
    },
  });
  const { initContainers, containers } = spec;
  return {
    ...spec,
    containers: containers.map(assume),
    ...(initContainers && { initContainers: initContainers.map(assume) }),
  };
}

function compileRequired(spec: PodSpec, errors: FieldErrors): NodeTest | undefined {
  const wanted = Object.entries(spec.nodeSelector ?? {});
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const field = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution';
  const matchesTerms = required && compileNodeSelector(required, field, errors);
  if (wanted.length === 0) return matchesTerms;
  return (node) =>
    wanted.every(([key, value]) => node.labels.get(key) === value) && (matchesTerms?.(node) ?? true);
}

function compilePreferred(spec: PodSpec, errors: FieldErrors): WeightedNodeTest[] {
  const preferred = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const field = 'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution';
  checkCount(preferred, field, errors);
  return preferred.flatMap(({ weight, preference }, index) => {
    const at = `${field}[${index}]`;
    if (!isWeight(weight)) errors.invalid(`${at}.weight`, weight, 'must be in the range 1-100');
    const test = compileNodeSelectorTerm(preference, `${at}.preference`, errors);
    return isEmptyTerm(preference) ? [] : [{ weight, test }];
  });
}

export function isWeight(weight: number): boolean {
  return Number.isInteger(weight) && weight >= 1 && weight <= 100;
}

function hostPortsOf(spec: PodSpec): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...spec.containers, ...sidecars].flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort = 0 }) => hostPort > 0)
      .map(({ hostIP, protocol, hostPort = 0 }) => ({
        ip: hostIP || '0.0.0.0',
        protocol: protocol || 'TCP',
        port: hostPort,
      })),
  );
}

/** With the tag that it has unless told. */
export function normalImageName(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}

function claimsOf(pod: Pod): string[] {
  const namespace = pod.metadata?.namespace ?? 'default';
  return (pod.spec?.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim) return [`${namespace}/${volume.persistentVolumeClaim.claimName}`];
    return volume.ephemeral ? [`${namespace}/${pod.metadata?.name}-${volume.name}`] : [];
  });
}
