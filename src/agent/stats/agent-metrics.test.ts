import assert from 'node:assert/strict';
import { test } from 'node:test';
import { container, FakeNode } from '../testing/fake-node.ts';
import { AgentMetrics } from './agent-metrics.ts';
import { LabelledHistogram } from './labelled-histogram.ts';
import { measuredRuntime } from './measured-runtime.ts';

test('a histogram counts each bucket with all below it', () => {
  const histogram = new LabelledHistogram('h', 'help', [1, 2]);
  for (const value of [0.5, 1, 1.5, 9]) histogram.observe(value, { kind: 'a' });
  assert.equal(
    histogram.text(),
    '# HELP h help\n# TYPE h histogram\n' +
      'h_bucket{kind="a",le="1"} 2\nh_bucket{kind="a",le="2"} 3\nh_bucket{kind="a",le="+Inf"} 4\n' +
      'h_sum{kind="a"} 12\nh_count{kind="a"} 4\n',
  );
});

test('the start of a pod is counted once, and what the runtime is asked', async () => {
  const metrics = new AgentMetrics();
  await using plain = new FakeNode();
  const runtime = measuredRuntime(plain.runtime, metrics, plain.clock);
  await plain.stop();
  Object.assign(plain.deps, { runtime, metrics });
  plain.start();
  await plain.run({ containers: [container('main')] });
  await plain.clock.advance(120_000);
  const text = metrics.text();
  assert.match(text, /^kubelet_pod_start_duration_seconds_count 1$/m);
  assert.match(text, /^kubelet_runtime_operations_total\{operation_type="create_container"\} 1$/m);
  assert.match(text, /^kubelet_pod_worker_duration_seconds_count\{operation_type="create"\} 1$/m);
  assert.match(text, /^kubelet_pod_worker_duration_seconds_count\{operation_type="sync"\} \d+$/m);
  await assert.rejects(runtime.containerStatus('none'));
  assert.match(
    metrics.text(),
    /^kubelet_runtime_operations_errors_total\{operation_type="container_status"\} 1$/m,
  );
});

test('looks at all that runs are timed, and how far they are apart', () => {
  const metrics = new AgentMetrics();
  metrics.relisted(10_000, 0.2);
  metrics.relisted(20_500, 0.004);
  const text = metrics.text();
  assert.match(text, /^kubelet_pleg_relist_duration_seconds_bucket\{le="0.005"\} 1$/m);
  assert.match(text, /^kubelet_pleg_relist_duration_seconds_count 2$/m);
  assert.match(text, /^kubelet_pleg_relist_interval_seconds_sum 10.5$/m);
  assert.match(text, /^kubelet_pleg_last_seen_seconds 20.5$/m);
  assert.match(text, /^kubelet_pleg_discard_events 0$/m);
});
