/** What nodes and pods use, as kubectl and Prometheus ask a real server for it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { imageReference } from './support/images.ts';
import { WebSocket } from 'ws';
import { clusterOf } from '../bench/api/cluster-of.ts';
import { openPortForward } from '../../src/streaming/open-port-forward.ts';
import { openRemoteCommand } from '../../src/streaming/open-remote-command.ts';
import { realClock } from '../../src/streaming/testing/real-clock.ts';
import { type RunningPeapod, startPeapod, type TestPeapod, until } from './support/peapod.ts';

const IMAGE = imageReference('busybox');
const TIMEOUT_MS = 60_000;

let peapod: TestPeapod;
let server: RunningPeapod;
let kubeconfig: string;
let node: string;

async function kubectl(...args: string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  return (await promisify(execFile)('kubectl', args, { env, timeout: TIMEOUT_MS })).stdout;
}

/** The answer of the node's agent, through the proxy. */
function ofNode(path: string): Promise<string> {
  return kubectl('get', '--raw', `/api/v1/nodes/${node}/proxy${path}`);
}

async function run(name: string, script: string, more: readonly string[] = []): Promise<void> {
  const options = [`--image=${IMAGE}`, '--image-pull-policy=Never', `--labels=app=${name}`, ...more];
  await kubectl('run', name, ...options, '--', 'sh', '-c', script);
}

before(async () => {
  peapod = await startPeapod();
  await peapod.load('busybox');
  server = peapod.start(['serve', '--listen', '127.0.0.1:0']);
  await server.untilPrinted(/Node \S+ is ready/);
  kubeconfig = join(peapod.directory, 'kubeconfig');
  await writeFile(kubeconfig, await peapod.succeed(['kubeconfig']));
  node = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  await run('busy', 'while :; do :; done');
  await run('idle', 'trap exit TERM; sleep 1000 & wait');
  await kubectl('wait', '--for=condition=Ready', 'pod/busy', 'pod/idle', '--timeout=20s');
});
after(async () => {
  await kubectl('delete', 'pods', '--all', '--grace-period=1', '--timeout=30s');
  await server[Symbol.asyncDispose]();
  await peapod[Symbol.asyncDispose]();
});

test('top shows which pod burns the processor', async () => {
  const rows = (await kubectl('top', 'pods', '--no-headers')).trim().split('\n');
  const cpuOf = (name: string) => Number(rows.find((row) => row.startsWith(name))?.match(/ (\d+)m /)?.[1]);
  assert.ok(cpuOf('busy') > 100, rows.join('\n'));
  assert.ok(cpuOf('idle') < 50, rows.join('\n'));
  assert.match(await kubectl('top', 'pod', 'busy', '--containers'), /^busy +busy +\d+m +\d+Mi/m);
  assert.doesNotMatch(await kubectl('top', 'pods', '-l', 'app=idle'), /busy/);
  const [, percent = ''] = /(\d+)% +\d+Mi/.exec(await kubectl('top', 'nodes')) ?? [];
  assert.ok(Number(percent) > 5, `the node is ${percent}% busy`);
});

test('get prints the figures in columns', async () => {
  const pods = await kubectl('get', 'pods.metrics.k8s.io');
  assert.match(pods, /^NAME +CPU +MEMORY +WINDOW\n/);
  assert.match(pods, /^busy +\d+[num]? +\d+[KM]i +[\d.]+s$/m);
  assert.match(await kubectl('get', 'nodes.metrics.k8s.io'), new RegExp(`^${node} +\\d+[num]? +\\d+`, 'm'));
});

test('a pod that is not there has no figures, and who may not see them is told', async () => {
  await assert.rejects(kubectl('top', 'pod', 'nobody'), /"?nobody"? not found/);
  await assert.rejects(kubectl('top', 'pods', '--as', 'nobody'), /Forbidden/);
  await assert.rejects(
    kubectl('get', '--raw', `/api/v1/nodes/${node}/proxy/metrics`, '--as', 'nobody'),
    /Forbidden/,
  );
});

test("the node's agent gives the kubelet's summary and metrics", async () => {
  const summary = JSON.parse(await ofNode('/stats/summary')) as {
    node: { nodeName: string; cpu: { usageNanoCores: number }; fs: { capacityBytes: number } };
    pods: { podRef: { name: string }; cpu: { usageNanoCores: number }; containers: unknown[] }[];
  };
  const busy = summary.pods.find(({ podRef }) => podRef.name === 'busy');
  assert.equal(summary.node.nodeName, node);
  assert.ok(summary.node.cpu.usageNanoCores >= (busy?.cpu.usageNanoCores ?? Number.NaN) / 2);
  assert.ok(summary.node.fs.capacityBytes > 0);
  assert.ok((busy?.cpu.usageNanoCores ?? 0) > 100_000_000);
  assert.equal(busy?.containers.length, 1);
  const own = await ofNode('/metrics');
  assert.match(own, /^kubelet_running_pods 2$/m);
  assert.match(own, /^kubelet_pod_start_duration_seconds_count [2-9]$/m);
  assert.match(own, /^kubelet_runtime_operations_total\{operation_type="start_container"\} [2-9]$/m);
  assert.match(
    own,
    /^kubelet_pod_worker_duration_seconds_bucket\{operation_type="create",le="\+Inf"\} [2-9]$/m,
  );
  assert.match(own, /^kubelet_pleg_relist_duration_seconds_count [1-9]/m);
  const [, lastLook = ''] = /^kubelet_pleg_last_seen_seconds (\S+)$/m.exec(own) ?? [];
  assert.ok(Math.abs(Date.now() / 1000 - Number(lastLook)) < 60, lastLook);
  const [, total = ''] = /^kubelet_node_startup_duration_seconds (\S+)$/m.exec(own) ?? [];
  const uptime = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]);
  assert.ok(Number(total) > 0 && Number(total) <= uptime + 1, `${total} s after the start of the machine`);
  const cpu = /^container_cpu_usage_seconds_total\{container="busy",namespace="default",pod="busy"\} (\S+)/m;
  const [, seconds = ''] = cpu.exec(await ofNode('/metrics/resource')) ?? [];
  assert.ok(Number(seconds) > 0.1, `${seconds} s`);
  assert.match(
    await ofNode('/metrics/cadvisor'),
    /^container_network_receive_bytes_total\{interface="eth0"/m,
  );
  await assert.rejects(ofNode('/nothing'), /NotFound|not find/);
});

/** What a command in a pod prints, run through the node's agent. */
async function execOverNode(path: string, token?: string): Promise<string> {
  const { server, ...tls } = clusterOf(await readFile(kubeconfig, 'utf8'));
  const url = `${server.replace('https', 'wss')}/api/v1/nodes/https:${node}:10250/proxy${path}`;
  const socket =
    token === undefined
      ? new WebSocket(url, ['v5.channel.k8s.io'], tls)
      : new WebSocket(url, ['v5.channel.k8s.io'], {
          ca: tls.ca,
          headers: { authorization: `Bearer ${token}` },
        });
  const said: string[] = [];
  socket.on('message', (data: Buffer) => said.push(`${data[0]}:${data.subarray(1).toString()}`));
  const refused = once(socket, 'unexpected-response').then(
    ([, answer]) => `refused ${(answer as { statusCode: number }).statusCode}`,
  );
  socket.on('error', () => {});
  const ended = once(socket, 'close').then(() => said.filter((text) => text.length > 2).join(''));
  const answer = await Promise.race([refused, ended]);
  socket.terminate();
  return answer;
}

test("a WebSocket runs a command through the node's agent, for who may do more there than read", async () => {
  const command = 'command=echo&command=hello&output=1&error=1';
  assert.match(await execOverNode(`/exec/default/idle/idle?${command}`), /^1:hello\n3:.*"status":"Success"/);
  assert.equal(await execOverNode(`/exec/default/nobody/idle?${command}`), 'refused 404');
  assert.equal(await execOverNode(`/exec/default/idle/other-uid/idle?${command}`), 'refused 404');
  assert.equal(await execOverNode('/nothing'), 'refused 404');
  await kubectl('create', 'clusterrole', 'looker', '--verb=get', '--resource=nodes/proxy');
  await kubectl(
    'create',
    'clusterrolebinding',
    'looker',
    '--clusterrole=looker',
    '--serviceaccount=default:default',
  );
  const token = (await kubectl('create', 'token', 'default')).trim();
  const asLooker = ['--token', token, '--kubeconfig', '/dev/null', '--insecure-skip-tls-verify'];
  const { server } = clusterOf(await readFile(kubeconfig, 'utf8'));
  await until('the role counts', async () => {
    const path = `/api/v1/nodes/${node}/proxy/healthz`;
    const answer = kubectl(...asLooker, '--server', server, 'get', '--raw', path);
    return answer.catch(() => undefined);
  });
  assert.equal(await execOverNode(`/exec/default/idle/idle?${command}`, token), 'refused 403');
});

for (const transport of ['websocket', 'spdy'] as const) {
  test(`a running command is attached to, and a port forwarded, through the node's agent over ${transport}`, async () => {
    const name = `speaker-${transport}`;
    await run(
      name,
      'echo page > /index.html; httpd -p 8080 -h /; while read line; do echo "got $line"; done',
      ['--stdin', '--attach=false'],
    );
    await kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=20s');
    const { server, ...tls } = clusterOf(await readFile(kubeconfig, 'utf8'));
    const at = `${server}/api/v1/nodes/${node}/proxy`;
    const options = { clock: realClock, tls, transport };
    await using attached = await openRemoteCommand(
      new URL(`${at}/attach/default/${name}/${name}?input=1&output=1`),
      options,
    );
    assert.ok(attached.stdin !== undefined && attached.stdout !== undefined);
    attached.stdin.write('it\n');
    const [said] = (await once(attached.stdout, 'data')) as [Buffer];
    assert.equal(said.toString(), 'got it\n');
    await using forwarded = await openPortForward(new URL(`${at}/portForward/default/${name}`), options);
    const connection = await forwarded.connect(8080);
    connection.end('GET / HTTP/1.0\r\n\r\n');
    assert.match(await text(connection), /^HTTP\/1\.\d 200 OK[^]*\r\n\r\npage\n$/);
    await assert.rejects(
      openPortForward(new URL(`${at}/portForward/default/${name}/other-uid`), options),
      /404|not found/,
    );
  });
}

test("the node's agent lists its pods and gives their logs", async () => {
  await run('teller', 'echo told; sleep 1000');
  await kubectl('wait', '--for=condition=Ready', 'pod/teller', '--timeout=20s');
  const { items } = JSON.parse(await ofNode('/pods')) as { items: { metadata: { name: string } }[] };
  assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), [
    'busy',
    'idle',
    'speaker-spdy',
    'speaker-websocket',
    'teller',
  ]);
  await until('it has told', async () =>
    (await ofNode('/containerLogs/default/teller/teller')) === 'told\n' ? true : undefined,
  );
  assert.equal(await ofNode('/containerLogs/default/teller/teller?tailLines=0'), '');
  await assert.rejects(ofNode('/containerLogs/default/teller/other'), /not valid for pod teller/);
});

test('describe shows what the node has, how it is, and what runs on it', async () => {
  const text = await kubectl('describe', 'node', node);
  assert.match(text, /^Capacity:\n(?: +\S+: +\S+\n)*? +ephemeral-storage: +\d+Ki\n/m);
  assert.match(text, /^Allocatable:\n(?: +\S+: +\S+\n)*? +ephemeral-storage: +\d+\S*\n/m);
  for (const condition of ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'])
    assert.match(text, new RegExp(`^ +${condition} +(?:True|False) `, 'm'));
  assert.match(text, /^ +default +busy +0 \(0%\)/m);
  assert.match(text, /Kubelet Version: +v1\.36\.0\+peapod/);
});
