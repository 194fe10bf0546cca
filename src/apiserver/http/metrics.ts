import type { WatchCache } from '../cache/watch-cache.ts';
import type { PathHandlers } from './path-handlers.ts';
import type { InFlight } from './in-flight.ts';
import type { RequestMetrics } from './request-metrics.ts';
import { send } from './respond.ts';

/** `/metrics`, in Prometheus' text format, under kube-apiserver's names where it has them. */
export function addMetrics(
  paths: PathHandlers,
  { cache, metrics, inFlight }: { cache: WatchCache; metrics: RequestMetrics; inFlight: InFlight },
): void {
  // Its delay would tell more, but is measured by waking up fifty times a second.
  let before = performance.eventLoopUtilization();
  paths.at('/metrics', (_request, response) => {
    const memory = process.memoryUsage();
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    const { reading, writing, lasting } = inFlight.counts;
    const lines = [
      ...metrics.render(),
      '# TYPE apiserver_storage_objects gauge',
      ...[...cache.folders()].map(
        (folder) => `apiserver_storage_objects{resource="${folder}"} ${cache.count(folder)}`,
      ),
      '# TYPE apiserver_current_inflight_requests gauge',
      `apiserver_current_inflight_requests{request_kind="readOnly"} ${reading}`,
      `apiserver_current_inflight_requests{request_kind="mutating"} ${writing}`,
      '# HELP peapod_lasting_requests Watches, logs and streams that are open.',
      '# TYPE peapod_lasting_requests gauge',
      `peapod_lasting_requests ${lasting}`,
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${memory.rss}`,
      '# TYPE process_cpu_seconds_total counter',
      `process_cpu_seconds_total ${process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6}`,
      '# HELP nodejs_eventloop_utilization The part of the time since the last look that the main thread was busy.',
      '# TYPE nodejs_eventloop_utilization gauge',
      `nodejs_eventloop_utilization ${utilization}`,
      '',
    ];
    send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', Buffer.from(lines.join('\n')));
  });
}
