/** The metrics of pods and containers under the names that the kubelet's own have. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  ContainerStats,
  ContainerStatus,
  PodSandboxStats,
  PodSandboxStatus,
} from '../../runtime/pod-runtime.ts';
import { type MetricDescriptorSchema, type MetricSchema, MetricType } from '../api/runtime_pb.ts';
import { counter } from './numbers.ts';

type Metric = MessageInitShape<typeof MetricSchema>;
type Descriptor = MessageInitShape<typeof MetricDescriptorSchema>;

/** Sorted, as cAdvisor's. */
const LABELS = ['container', 'id', 'image', 'name', 'namespace', 'pod'];
const MS_PER_S = 1_000;
const NANOS_PER_S = 1_000_000_000;

/** A metric of one thing: a pod, a container, or an interface; with more labels than all have, their values come with it. */
interface Kind<Subject> {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labels?: readonly string[];
  readonly values: (subject: Subject) => readonly { value: number; labels?: readonly string[] }[];
}

const one = (value: number) => [{ value }];

const CONTAINER: readonly Kind<{ status: ContainerStatus; stats: ContainerStats }>[] = [
  {
    name: 'container_cpu_usage_seconds_total',
    help: 'Cumulative cpu time consumed in seconds.',
    type: MetricType.COUNTER,
    values: ({ stats }) => one(Math.floor(stats.cpuUsageNanoCoreSeconds / NANOS_PER_S)),
  },
  {
    name: 'container_fs_usage_bytes',
    help: 'Number of bytes that are consumed by the container on this filesystem.',
    type: MetricType.GAUGE,
    values: ({ stats }) => one(stats.writableLayerBytes),
  },
  {
    name: 'container_memory_usage_bytes',
    help: 'Current memory usage in bytes, including all memory regardless of when it was accessed.',
    type: MetricType.GAUGE,
    values: ({ stats }) => one(stats.memoryUsageBytes),
  },
  {
    name: 'container_memory_working_set_bytes',
    help: 'Current working set in bytes.',
    type: MetricType.GAUGE,
    values: ({ stats }) => one(stats.memoryWorkingSetBytes),
  },
  {
    name: 'container_memory_rss',
    help: 'Size of RSS in bytes.',
    type: MetricType.GAUGE,
    values: ({ stats }) => one(stats.memoryRssBytes),
  },
  {
    name: 'container_memory_failures_total',
    help: 'Cumulative count of memory allocation failures.',
    type: MetricType.COUNTER,
    labels: ['failure_type', 'scope'],
    values: ({ stats }) => [
      { value: stats.memoryPageFaults, labels: ['pgfault', 'container'] },
      { value: stats.memoryMajorPageFaults, labels: ['pgmajfault', 'container'] },
    ],
  },
  {
    name: 'container_processes',
    help: 'Number of processes running inside the container.',
    type: MetricType.GAUGE,
    values: ({ stats }) => one(stats.processCount),
  },
  {
    name: 'container_start_time_seconds',
    help: 'Start time of the container since unix epoch in seconds.',
    type: MetricType.GAUGE,
    values: ({ status }) => one(Math.floor(status.startedAt / MS_PER_S)),
  },
];

type Interface = PodSandboxStats['network'][number];

function network(name: string, help: string, value: (each: Interface) => number): Kind<PodSandboxStats> {
  const values = (stats: PodSandboxStats) =>
    stats.network.map((each) => ({ value: value(each), labels: [each.name] }));
  return { name, help, type: MetricType.COUNTER, labels: ['interface'], values };
}

const POD: readonly Kind<PodSandboxStats>[] = [
  network(
    'container_network_receive_bytes_total',
    'Cumulative count of bytes received.',
    ({ rxBytes }) => rxBytes,
  ),
  network(
    'container_network_receive_errors_total',
    'Cumulative count of errors encountered while receiving.',
    ({ rxErrors }) => rxErrors,
  ),
  network(
    'container_network_transmit_bytes_total',
    'Cumulative count of bytes transmitted.',
    ({ txBytes }) => txBytes,
  ),
  network(
    'container_network_transmit_errors_total',
    'Cumulative count of errors encountered while transmitting.',
    ({ txErrors }) => txErrors,
  ),
];

export function metricDescriptors(): Descriptor[] {
  return [...CONTAINER, ...POD].map(({ name, help, labels = [] }) => ({
    name,
    help,
    labelKeys: [...LABELS, ...labels],
  }));
}

export function podMetrics(sandbox: PodSandboxStatus, stats: PodSandboxStats): Metric[] {
  const { name, namespace } = sandbox.metadata;
  return metricsOf(POD, stats, ['', sandbox.id, '', sandbox.id, namespace, name]);
}

export function containerMetrics(
  sandbox: PodSandboxStatus,
  status: ContainerStatus,
  stats: ContainerStats,
): Metric[] {
  const { name, namespace } = sandbox.metadata;
  const labels = [status.metadata.name, status.id, status.userImage, status.id, namespace, name];
  return metricsOf(CONTAINER, { status, stats }, labels);
}

function metricsOf<Subject>(
  kinds: readonly Kind<Subject>[],
  subject: Subject,
  labels: readonly string[],
): Metric[] {
  return kinds.flatMap(({ name, type, values }) =>
    values(subject).map(({ value, labels: more = [] }) => ({
      name,
      metricType: type,
      labelValues: [...labels, ...more],
      value: counter(value),
    })),
  );
}
