import type { NodeUsage } from '../../model/usage/node-usage.ts';
import { prometheusText } from './prometheus-text.ts';

const CPU = 'Cumulative cpu time consumed';
const MEMORY = 'Current working set';

/** `/metrics/resource`. @see kubernetes/pkg/kubelet/metrics/collectors/resource_metrics.go */
export function resourceMetrics({ pods, cpu, memory, timestamp }: NodeUsage): string {
  const containers = pods.flatMap((pod) =>
    pod.containers.map((container) => ({
      ...container,
      labels: { container: container.name, namespace: pod.namespace, pod: pod.name },
    })),
  );
  const perPod = pods.map((pod) => ({ ...pod, labels: { namespace: pod.namespace, pod: pod.name } }));
  const node = [{ labels: {}, cpu, memory, timestamp }];
  const cpuOf = (one: (typeof containers | typeof perPod | typeof node)[number]) => ({
    labels: one.labels,
    value: one.cpu.totalNanoseconds / 1e9,
    timestamp: one.timestamp,
  });
  const memoryOf = (one: (typeof containers | typeof perPod | typeof node)[number]) => ({
    labels: one.labels,
    value: one.memory.workingSetBytes,
    timestamp: one.timestamp,
  });
  const started = containers.map(({ labels, startedAt }) => ({ labels, value: startedAt / 1000 }));
  return [
    prometheusText(
      'container_cpu_usage_seconds_total',
      'counter',
      `${CPU} by the container in core-seconds`,
      containers.map(cpuOf),
    ),
    prometheusText(
      'container_memory_working_set_bytes',
      'gauge',
      `${MEMORY} of the container in bytes`,
      containers.map(memoryOf),
    ),
    prometheusText(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds',
      started,
    ),
    prometheusText(
      'node_cpu_usage_seconds_total',
      'counter',
      `${CPU} by the node in core-seconds`,
      node.map(cpuOf),
    ),
    prometheusText(
      'node_memory_working_set_bytes',
      'gauge',
      `${MEMORY} of the node in bytes`,
      node.map(memoryOf),
    ),
    prometheusText(
      'pod_cpu_usage_seconds_total',
      'counter',
      `${CPU} by the pod in core-seconds`,
      perPod.map(cpuOf),
    ),
    prometheusText(
      'pod_memory_working_set_bytes',
      'gauge',
      `${MEMORY} of the pod in bytes`,
      perPod.map(memoryOf),
    ),
    prometheusText(
      'resource_scrape_error',
      'gauge',
      '1 if there was an error while getting container metrics, 0 otherwise',
      [{ labels: {}, value: 0 }],
    ),
  ].join('');
}
