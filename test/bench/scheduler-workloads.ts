/** The workload shapes of Kubernetes' scheduler_perf, by its names: nodes of 4 CPUs, 32Gi and 110 pods, pods of 100m and 500Mi. */
import type { Pod, PodSpec } from '../../src/model/api/types.ts';

export interface Workload {
  readonly name: string;
  readonly nodes: number;
  readonly pods: number;
  readonly pod: (index: number) => Pod;
  /** Pods that are placed before the clock starts. */
  readonly before?: { readonly pods: number; readonly pod: (index: number) => Pod };
  /** The pods per second that we want on one core. */
  readonly target?: number;
  /** Pods that do not fit evict others. */
  readonly preempts?: boolean;
  /** Only when asked for by name, or without `--quick`. */
  readonly large?: boolean;
}

export const HOSTNAME = 'kubernetes.io/hostname';
export const ZONE = 'topology.kubernetes.io/zone';

export function podOf(app: string, index: number, spec: Partial<PodSpec> = {}, cpu = '100m'): Pod {
  const resources = { requests: { cpu, memory: '500Mi' } };
  return {
    metadata: { name: `${app}-${index}`, namespace: 'bench', labels: { app } },
    spec: { containers: [{ name: 'pause', image: 'pause', resources }], ...spec },
  };
}

function plain(index: number): Pod {
  return podOf('plain', index);
}

const selects = (app: string) => ({ labelSelector: { matchLabels: { app } } });

function affine(kind: 'podAffinity' | 'podAntiAffinity', app: string, topologyKey: string): Partial<PodSpec> {
  const requiredDuringSchedulingIgnoredDuringExecution = [{ topologyKey, ...selects(app) }];
  return { affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution } } };
}

function preferring(kind: 'podAffinity' | 'podAntiAffinity', app: string): Partial<PodSpec> {
  const podAffinityTerm = { topologyKey: HOSTNAME, ...selects(app) };
  return {
    affinity: {
      [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm }] },
    },
  };
}

function spreading(app: string, whenUnsatisfiable: string, ...topologyKeys: string[]): Partial<PodSpec> {
  return {
    topologySpreadConstraints: topologyKeys.map((topologyKey) => ({
      topologyKey,
      whenUnsatisfiable,
      maxSkew: 5,
      ...selects(app),
    })),
  };
}

function kind(app: string, spec: Partial<PodSpec>): (index: number) => Pod {
  return (index) => podOf(app, index, spec);
}

function antiInNamespaces(app: string): Partial<PodSpec> {
  const term = { topologyKey: HOSTNAME, ...selects(app), namespaceSelector: {} };
  return { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
}

/** A fifth each: plain, and with required and preferred affinity and anti-affinity. */
function mixed(index: number): Pod {
  const kinds = [
    plain,
    kind('anti', affine('podAntiAffinity', 'anti', HOSTNAME)),
    kind('near', affine('podAffinity', 'near', ZONE)),
    kind('likes', preferring('podAffinity', 'likes')),
    kind('dislikes', preferring('podAntiAffinity', 'dislikes')),
  ];
  return (kinds[index % kinds.length] ?? plain)(index);
}

export const WORKLOADS: readonly Workload[] = [
  { name: 'SchedulingBasic', nodes: 5000, pods: 10_000, pod: plain, target: 50_000 },
  {
    name: 'SchedulingBasic, every pod different',
    nodes: 5000,
    pods: 10_000,
    pod: (index) => ({
      ...podOf('different', index, {}, `${50 + (index % 1999)}m`),
      metadata: { name: `different-${index}`, labels: { index: String(index) } },
    }),
    target: 10_000,
  },
  {
    name: 'SchedulingPodAntiAffinity',
    nodes: 5000,
    pods: 3000,
    pod: kind('anti', affine('podAntiAffinity', 'anti', HOSTNAME)),
    target: 5000,
  },
  {
    name: 'SchedulingPodMatchingAntiAffinity',
    nodes: 5000,
    pods: 3000,
    pod: kind('anti', {}),
    before: {
      pods: 1000,
      pod: (index) => podOf('anti', 3000 + index, affine('podAntiAffinity', 'anti', HOSTNAME)),
    },
    target: 5000,
  },
  {
    name: 'SchedulingRequiredPodAntiAffinityWithNSSelector',
    nodes: 5000,
    pods: 3000,
    pod: kind('selective', antiInNamespaces('selective')),
    target: 5000,
  },
  {
    name: 'SchedulingPodAffinity',
    nodes: 5000,
    pods: 3000,
    pod: kind('near', affine('podAffinity', 'near', ZONE)),
    target: 5000,
  },
  {
    name: 'SchedulingPreferredPodAffinity',
    nodes: 5000,
    pods: 3000,
    pod: kind('likes', preferring('podAffinity', 'likes')),
    target: 5000,
  },
  {
    name: 'SchedulingPreferredPodAntiAffinity',
    nodes: 5000,
    pods: 3000,
    pod: kind('dislikes', preferring('podAntiAffinity', 'dislikes')),
    target: 5000,
  },
  {
    name: 'TopologySpreading',
    nodes: 5000,
    pods: 3000,
    pod: kind('spread', spreading('spread', 'DoNotSchedule', ZONE)),
    before: { pods: 5000, pod: plain },
    target: 5000,
  },
  {
    name: 'PreferredTopologySpreading',
    nodes: 5000,
    pods: 3000,
    pod: kind('even', spreading('even', 'ScheduleAnyway', ZONE, HOSTNAME)),
    before: { pods: 5000, pod: plain },
    target: 5000,
  },
  {
    name: 'SchedulingNodeAffinity',
    nodes: 5000,
    pods: 5000,
    pod: kind('zoned', { nodeSelector: { [ZONE]: 'zone-1' } }),
    target: 5000,
  },
  {
    name: 'MixedSchedulingBasePod',
    nodes: 5000,
    pods: 3000,
    pod: (index) => plain(5000 + index),
    before: { pods: 5000, pod: mixed },
    target: 5000,
  },
  {
    name: 'PreemptionBasic',
    nodes: 5000,
    pods: 500,
    pod: (index) => podOf('urgent', index, { priority: 10 }, '3'),
    before: { pods: 20_000, pod: (index) => podOf('low', index, {}, '900m') },
    preempts: true,
  },
  {
    name: 'Unschedulable',
    nodes: 5000,
    pods: 5000,
    pod: (index) => podOf('huge', index, {}, `${9000 + index}m`),
    target: 5000,
  },
  { name: '100,000 nodes', nodes: 100_000, pods: 1_000_000, pod: plain, large: true },
];
