/** The metrics of pods and containers under the names that the kubelet's own have. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  ContainerStats,
  ContainerStatus,
  LinuxContainerResources,
  PodSandboxStats,
  PodSandboxStatus,
  UsageDetails,
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
interface Kind<Of> {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labels?: readonly string[];
  readonly values: (subject: Of) => readonly { value: number; labels?: readonly string[] }[];
}

const one = (value: number) => [{ value }];

const { COUNTER, GAUGE } = MetricType;
const known = (value: number | undefined) => (value === undefined ? [] : one(value));
const seconds = (nanoseconds: number) => Math.floor(nanoseconds / NANOS_PER_S);

interface Subject {
  status: ContainerStatus;
  stats: ContainerStats;
}

/** What the kernel's account of a container says. */
function detail(
  name: string,
  help: string,
  type: MetricType,
  value: (of: UsageDetails) => number,
): Kind<Subject> {
  const values = ({ stats: { details } }: Subject) => (details === undefined ? [] : one(value(details)));
  return { name, help, type, values };
}

function pressure(
  resource: 'cpu' | 'memory' | 'io',
  word: 'stalled' | 'waiting',
  kind: 'full' | 'some',
  what: string,
): Kind<Subject> {
  const name = `container_pressure_${resource}_${word}_seconds_total`;
  const cause = { cpu: 'CPU', memory: 'memory', io: 'IO' }[resource];
  const values = ({ stats }: Subject) =>
    known(stats.pressure?.[resource] && seconds(stats.pressure[resource][kind].totalNanoseconds));
  return { name, help: `Total time duration ${what} due to ${cause} congestion.`, type: COUNTER, values };
}

/** What nobody limited has no value. */
function limit(
  name: string,
  help: string,
  value: (of: LinuxContainerResources) => number | undefined,
): Kind<Subject> {
  return { name, help, type: GAUGE, values: ({ status }) => known(value(status.resources)) };
}

const CONTAINER: readonly Kind<Subject>[] = [
  {
    name: 'container_cpu_usage_seconds_total',
    help: 'Cumulative cpu time consumed in seconds.',
    type: COUNTER,
    values: ({ stats }) => one(Math.floor(stats.cpuUsageNanoCoreSeconds / NANOS_PER_S)),
  },
  {
    name: 'container_last_seen',
    help: 'Last time a container was seen by the exporter.',
    type: GAUGE,
    values: ({ stats }) => one(Math.floor(stats.timestamp / MS_PER_S)),
  },
  detail('container_cpu_user_seconds_total', 'Cumulative user cpu time consumed in seconds.', COUNTER, (of) =>
    seconds(of.cpuUserNanoseconds),
  ),
  detail(
    'container_cpu_system_seconds_total',
    'Cumulative system cpu time consumed in seconds.',
    COUNTER,
    (of) => seconds(of.cpuSystemNanoseconds),
  ),
  detail(
    'container_cpu_cfs_periods_total',
    'Number of elapsed enforcement period intervals.',
    COUNTER,
    (of) => of.cpuPeriods,
  ),
  detail(
    'container_cpu_cfs_throttled_periods_total',
    'Number of throttled period intervals.',
    COUNTER,
    (of) => of.cpuThrottledPeriods,
  ),
  detail(
    'container_cpu_cfs_throttled_seconds_total',
    'Total time duration the container has been throttled.',
    COUNTER,
    (of) => seconds(of.cpuThrottledNanoseconds),
  ),
  detail(
    'container_memory_cache',
    'Number of bytes of page cache memory.',
    GAUGE,
    (of) => of.memoryCacheBytes,
  ),
  detail(
    'container_memory_mapped_file',
    'Size of memory mapped files in bytes.',
    GAUGE,
    (of) => of.memoryMappedFileBytes,
  ),
  detail(
    'container_memory_max_usage_bytes',
    'Maximum memory usage recorded in bytes',
    GAUGE,
    (of) => of.memoryMaxUsageBytes,
  ),
  detail(
    'container_memory_failcnt',
    'Number of memory usage hits limits',
    COUNTER,
    (of) => of.memoryLimitHits,
  ),
  detail(
    'container_oom_events_total',
    'Count of out of memory events observed for the container',
    COUNTER,
    (of) => of.oomKills,
  ),
  {
    name: 'container_memory_swap',
    help: 'Container swap usage in bytes.',
    type: GAUGE,
    values: ({ stats }) => known(stats.memorySwapBytes),
  },
  ...(['cpu', 'memory', 'io'] as const).flatMap((name) => [
    pressure(name, 'stalled', 'full', 'no tasks in the container could make progress'),
    pressure(name, 'waiting', 'some', 'tasks in the container have waited'),
  ]),
  limit(
    'container_spec_memory_limit_bytes',
    'Memory limit for the container.',
    (of) => of.memoryLimitBytes ?? 0,
  ),
  limit(
    'container_spec_memory_swap_limit_bytes',
    'Memory swap limit for the container.',
    (of) => of.memorySwapLimitBytes ?? 0,
  ),
  limit('container_spec_cpu_shares', 'CPU share of the container.', (of) => of.cpuShares),
  limit('container_spec_cpu_period', 'CPU period of the container.', (of) => of.cpuPeriodUs),
  limit('container_spec_cpu_quota', 'CPU quota of the container.', (of) => of.cpuQuotaUs),
  {
    name: 'container_fs_usage_bytes',
    help: 'Number of bytes that are consumed by the container on this filesystem.',
    type: GAUGE,
    values: ({ stats }) => one(stats.writableLayerBytes),
  },
  {
    name: 'container_memory_usage_bytes',
    help: 'Current memory usage in bytes, including all memory regardless of when it was accessed.',
    type: GAUGE,
    values: ({ stats }) => one(stats.memoryUsageBytes),
  },
  {
    name: 'container_memory_working_set_bytes',
    help: 'Current working set in bytes.',
    type: GAUGE,
    values: ({ stats }) => one(stats.memoryWorkingSetBytes),
  },
  {
    name: 'container_memory_rss',
    help: 'Size of RSS in bytes.',
    type: GAUGE,
    values: ({ stats }) => one(stats.memoryRssBytes),
  },
  {
    name: 'container_memory_failures_total',
    help: 'Cumulative count of memory allocation failures.',
    type: COUNTER,
    labels: ['failure_type', 'scope'],
    values: ({ stats }) => [
      { value: stats.memoryPageFaults, labels: ['pgfault', 'container'] },
      { value: stats.memoryMajorPageFaults, labels: ['pgmajfault', 'container'] },
    ],
  },
  {
    name: 'container_processes',
    help: 'Number of processes running inside the container.',
    type: GAUGE,
    values: ({ stats }) => one(stats.processCount),
  },
  {
    name: 'container_start_time_seconds',
    help: 'Start time of the container since unix epoch in seconds.',
    type: GAUGE,
    values: ({ status }) => one(Math.floor(status.startedAt / MS_PER_S)),
  },
];

type Interface = PodSandboxStats['network'][number];

function network(
  name: string,
  help: string,
  value: (each: Interface) => number | undefined,
): Kind<PodSandboxStats> {
  const values = (stats: PodSandboxStats) =>
    stats.network.flatMap((each) => known(value(each)).map((found) => ({ ...found, labels: [each.name] })));
  return { name, help, type: COUNTER, labels: ['interface'], values };
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
    'container_network_receive_packets_total',
    'Cumulative count of packets received.',
    ({ rxPackets }) => rxPackets,
  ),
  network(
    'container_network_receive_packets_dropped_total',
    'Cumulative count of packets dropped while receiving.',
    ({ rxDropped }) => rxDropped,
  ),
  network(
    'container_network_transmit_packets_total',
    'Cumulative count of packets transmitted.',
    ({ txPackets }) => txPackets,
  ),
  network(
    'container_network_transmit_packets_dropped_total',
    'Cumulative count of packets dropped while transmitting.',
    ({ txDropped }) => txDropped,
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

function metricsOf<Of>(kinds: readonly Kind<Of>[], subject: Of, labels: readonly string[]): Metric[] {
  return kinds.flatMap(({ name, type, values }) =>
    values(subject).map(({ value, labels: more = [] }) => ({
      name,
      metricType: type,
      labelValues: [...labels, ...more],
      value: counter(value),
    })),
  );
}
