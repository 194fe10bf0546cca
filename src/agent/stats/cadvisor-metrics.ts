import type { ContainerUsage, InterfaceUsage, NodeUsage } from '../../model/usage/node-usage.ts';
import { prometheusText } from './prometheus-text.ts';

/** `/metrics/cadvisor`: those of cAdvisor's metrics that our runtime measures. */
export function cadvisorMetrics({ pods }: NodeUsage): string {
  const perContainer = (
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    valueOf: (container: ContainerUsage) => number,
  ) => {
    const samples = pods.flatMap((pod) =>
      pod.containers.map((one) => ({
        labels: {
          container: one.name,
          id: one.id,
          image: one.image,
          namespace: pod.namespace,
          pod: pod.name,
        },
        value: valueOf(one),
        timestamp: one.timestamp,
      })),
    );
    return prometheusText(name, type, help, samples);
  };
  const perInterface = (name: string, help: string, valueOf: (one: InterfaceUsage) => number) => {
    const samples = pods.flatMap((pod) =>
      pod.network.map((one) => ({
        labels: { interface: one.name, namespace: pod.namespace, pod: pod.name },
        value: valueOf(one),
        timestamp: pod.timestamp,
      })),
    );
    return prometheusText(name, 'counter', help, samples);
  };
  return [
    perContainer(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed in seconds.',
      ({ cpu }) => cpu.totalNanoseconds / 1e9,
    ),
    perContainer(
      'container_memory_usage_bytes',
      'gauge',
      'Current memory usage in bytes, including all memory regardless of when it was accessed',
      ({ memory }) => memory.usageBytes,
    ),
    perContainer(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set in bytes.',
      ({ memory }) => memory.workingSetBytes,
    ),
    perContainer('container_memory_rss', 'gauge', 'Size of RSS in bytes.', ({ memory }) => memory.rssBytes),
    perContainer(
      'container_fs_usage_bytes',
      'gauge',
      'Number of bytes that are consumed by the container on this filesystem.',
      ({ writableLayer }) => writableLayer.bytes,
    ),
    perContainer(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds.',
      ({ startedAt }) => startedAt / 1000,
    ),
    perInterface(
      'container_network_receive_bytes_total',
      'Cumulative count of bytes received',
      ({ rxBytes }) => rxBytes,
    ),
    perInterface(
      'container_network_receive_errors_total',
      'Cumulative count of errors encountered while receiving',
      ({ rxErrors }) => rxErrors,
    ),
    perInterface(
      'container_network_transmit_bytes_total',
      'Cumulative count of bytes transmitted',
      ({ txBytes }) => txBytes,
    ),
    perInterface(
      'container_network_transmit_errors_total',
      'Cumulative count of errors encountered while transmitting',
      ({ txErrors }) => txErrors,
    ),
  ].join('');
}
