/** `peapod serve`: API server, scheduler and agent in one process. */
import { stat } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import packageJson from '../../../package.json' with { type: 'json' };
import { startAgent } from '../../agent/agent.ts';
import { collectImages } from '../../agent/images/collect-images.ts';
import type { NodeDescription } from '../../agent/node/node-object.ts';
import { keepNode } from '../../agent/node/keep-node.ts';
import { AgentMetrics } from '../../agent/stats/agent-metrics.ts';
import { NodeStartup } from '../../agent/stats/node-startup.ts';
import { measuredRuntime } from '../../agent/stats/measured-runtime.ts';
import { withStaticPods } from '../../agent/static-pods/with-static-pods.ts';
import { recountQuota } from '../../apiserver/admission/charge-quotas.ts';
import { listenTls, listenUnix } from '../../apiserver/http/listen.ts';
import { inProcessTransport } from '../../apiserver/in-process-transport.ts';
import { type OpenApiServer, openApiServer } from '../../apiserver/open-api-server.ts';
import { openPki } from '../../apiserver/pki/open-pki.ts';
import { damageIn } from '../../apiserver/registry/damage.ts';
import { ApiClient } from '../../client/api-client.ts';
import { NODES } from '../../client/resource-types.ts';
import { SharedInformers } from '../../client/shared-informers.ts';
import { EventRecorder } from '../../client/event-recorder.ts';
import { ServerPodClient } from '../../client/server-pod-client.ts';
import { allControllers, type ControllerOptions } from '../../controllers/all-controllers.ts';
import { runAsLeader } from '../../controllers/leader-election.ts';
import { resourceQuotaController } from '../../controllers/resource-quota.ts';
import { hostDirectoryProvisioner } from '../../controllers/volumes/host-directories.ts';
import { rootCaController } from '../../controllers/root-ca.ts';
import { listenCri } from '../../cri/server/listen-cri.ts';
import type { Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { notifySystemd } from '../../runtime/linux/notify-systemd.ts';
import { trimMemory } from '../../runtime/linux/trim-memory.ts';
import { writeFileAtomic } from '../../runtime/linux/write-file-atomic.ts';
import { apiClusterClient } from '../../scheduler/driver/api-cluster-client.ts';
import { runScheduler } from '../../scheduler/driver/scheduler.ts';
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts';
import { type NodeHost, openHost, openRemoteHost } from '../host.ts';
import { criOptions } from '../cri/cri-options.ts';
import { agentDeps } from '../keeper/keep-pods.ts';
import { terminalOf } from '../output/terminal.ts';
import { makeDirectories } from '../make-directories.ts';
import { requireRoot } from '../require-root.ts';
import type { Settings } from '../settings.ts';
import { addressForPods } from './address-for-pods.ts';
import type { AgentConfig, ServeConfig } from './config/serve-config.ts';
import { nodeDescriber } from './describe-node.ts';
import { reserveForOthers } from './reserve-for-others.ts';
import { adminKubeconfig } from './kubeconfig.ts';
import { giveBackMemory } from './give-back-memory.ts';
import { hostDirectories } from './host-directories.ts';
import { listenForPods } from './listen-for-pods.ts';
import { localNodeStats } from './local-node-stats.ts';
import { localNodeAccess } from './local-node-access.ts';
import { nodeEviction } from './node-eviction.ts';
import { readNode } from './read-node.ts';
import { readRoom } from './read-room.ts';
import { announceServer } from './running-server.ts';
import type { ReadyMessage } from './serve-detached.ts';
import { serverIdentity } from './server-identity.ts';
import { serverSettings } from './server-settings.ts';
import { letYoungGenerationGrow } from './young-generation.ts';
import { guardSharedObjects } from '../../apiserver/cache/shared-object.ts';
import { mkdir } from '../../runtime/linux/files.ts';

/** What a start leaves to do after the node is ready has been done by then. */
const START_MS = 3000;

/** Runs until it is told to end; the pods run on. @throws PeapodError when something it needs is missing or taken */
export async function serve(settings: Settings, config: ServeConfig): Promise<void> {
  requireRoot('serve');
  await makeDirectories(settings);
  await serveWith(serverSettings(settings, config.dataDir), config, new AbortController());
}

/** The same with settings that are the server's own. @param stop ends it */
export async function serveWith(own: Settings, config: ServeConfig, stop: AbortController): Promise<void> {
  requireRoot('serve');
  const begin = performance.now();
  if (process.env['PEAPOD_GUARD_SHARED_OBJECTS'] === '1') guardSharedObjects();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  const { host: address, port } = readListen(config.listen);
  if (config.agent.manifests !== undefined) await checkFolder(config.agent.manifests);
  const directory = join(own.root, 'server');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await mkdir(own.run, { recursive: true, mode: 0o700 });
  await using announcement = await announceServer(own, config.runtimeEndpoint);
  await using host =
    config.runtimeEndpoint === undefined
      ? await openHost(own)
      : await openRemoteHost(own, config.runtimeEndpoint);
  const { clock } = host;
  await using store = await openSqliteStore({ path: join(directory, 'state.db'), clock });
  const forPods = await addressForPods(own, address, { ownNetwork: config.runtimeEndpoint === undefined });
  const names = serverNames([address, ...(forPods === undefined ? [] : [forPods])], own.nodeName);
  const pki = await openPki({ directory: join(directory, 'pki'), names, nowMs: clock.now() });
  const current = ({ metadata }: Pod): Pod | undefined => {
    const key = `/pods/${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
    const object = server.registry.cache.get(key)?.object;
    return object?.metadata?.uid === metadata?.uid ? object : undefined;
  };
  const metrics = new AgentMetrics();
  const { startedAt: booted } = await readNode(own.root);
  metrics.startup = new NodeStartup({ booted, started: performance.timeOrigin });
  await using server: OpenApiServer = await openApiServer({
    store,
    clock,
    nodes: localNodeAccess(host, current),
    stats: localNodeStats(host, metrics, () => nodeClientOf(server, own.nodeName)),
    tokenKey: pki.tokenKey,
    version: packageJson.version,
    log,
  });
  const tls = { cert: pki.server.certificate, key: pki.server.key, clientCa: pki.authority.certificate };
  await using secure = await listenTls(server, { ...tls, host: address, port }).catch((cause: unknown) => {
    throw cannotListen(config.listen, cause);
  });
  await using _local = await listenUnix(server, join(own.run, 'api.sock'), {
    // It is a verb of ours; the one that is waited for makes a pod.
    onConnection: () => host.runtime.expectPods?.(),
  });
  // Another runtime has a socket of its own.
  await using _cri =
    config.runtimeEndpoint === undefined
      ? await listenCri({ path: join(own.run, 'cri.sock') }, criOptions(host))
      : undefined;
  const url = localUrl(address, secure.port);
  await writeKubeconfig(join(directory, 'admin.kubeconfig'), adminKubeconfig(url, pki));
  await announcement.listening(url);
  const running = { pid: process.pid, url, settings: own };
  const terminal = terminalOf(process.stdout);
  const tell = (what: string) => {
    const line = `${what} after ${Math.round(performance.now() - begin)} ms\n`;
    terminal.write(line);
    return line;
  };
  const listening = tell(`Listening on ${url}`);
  // The node's object cannot be written either: whoever waits for it would wait for ever.
  const tellUnwritable = (why: PeapodError) =>
    tellReady({ ready: `${listening}Serving without writes: ${withHint(why)}\n`, server: running });
  const unwritable = store.unwritable ?? damageIn(server.registry);
  if (unwritable !== undefined) {
    log('serving without writes', unwritable);
    tellUnwritable(unwritable);
  }
  const apiServer = forPods === undefined ? undefined : { host: forPods, port: secure.port };
  const isHeard = address === forPods || address === '0.0.0.0' || address === '::';
  await Promise.all([
    listenForPods(
      server,
      apiServer === undefined || isHeard ? undefined : { ...tls, ...apiServer, log },
      stop.signal,
    ),
    runParts(host, server, {
      signal: stop.signal,
      config: config.agent,
      metrics,
      controllers: config.controllers,
      onNodeError: () => {
        if (store.refusal !== undefined) tellUnwritable(store.refusal);
      },
      onReady: () => {
        void clock.sleep(START_MS, { signal: stop.signal }).then(letYoungGenerationGrow, () => {});
        tellReady({
          ready: listening + tell(`Node ${own.nodeName} is ready`),
          server: running,
        });
      },
      apiServer,
      certificate: pki.authority.certificate,
    }),
  ]);
}

/** On a disk that is full or cannot be written an earlier one stays, which may tell another address. */
async function writeKubeconfig(path: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(path, text, { mode: 0o600, durable: true });
  } catch (error) {
    if (!['EROFS', 'ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    log(`cannot write ${path}`, error);
  }
}

/** To a service manager, and to `peapod serve --detach`. */
function tellReady(message: ReadyMessage): void {
  notifySystemd('READY=1');
  if (!process.connected) return;
  process.send?.(message, () => process.disconnect?.());
}

interface PartsOptions {
  readonly signal: AbortSignal;
  readonly config: AgentConfig;
  readonly metrics: AgentMetrics;
  readonly controllers: ControllerOptions;
  readonly onReady: () => void;
  /** The node's object could not be written. */
  readonly onNodeError: () => void;
  /** Where pods find it. */
  readonly apiServer: { host: string; port: number } | undefined;
  /** Of the authority that signed the server's. */
  readonly certificate: string;
}

function clientFor(server: OpenApiServer, name: string, groups: readonly string[] = []): ApiClient {
  const user = { name, groups: [...groups, 'system:authenticated'] };
  return new ApiClient({
    transport: inProcessTransport(server.api, user),
    name: name.split(':').at(-1) ?? name,
  });
}

function nodeClientOf(server: OpenApiServer, nodeName: string): ApiClient {
  return clientFor(server, `system:node:${nodeName}`, ['system:nodes']);
}

/** Everything that uses the API, as a client would. */
async function runParts(
  host: NodeHost,
  server: OpenApiServer,
  { signal, config, metrics, controllers, onReady, onNodeError, apiServer, certificate }: PartsOptions,
): Promise<void> {
  const { clock, settings } = host;
  const nodeClient = nodeClientOf(server, settings.nodeName);
  const schedulerClient = clientFor(server, 'system:kube-scheduler');
  const controllerClient = clientFor(server, 'system:kube-controller-manager');
  const onError = (error: unknown) => log('cannot speak to the API', error);
  const controllerDeps = { client: controllerClient, clock, random: Math.random, log };
  const identity = await serverIdentity(join(settings.root, 'server'), settings.nodeName);
  const asLeader = (
    name: string,
    client: ApiClient,
    work: (ended: AbortSignal) => Promise<void>,
  ): Promise<void> => {
    const lease = { namespace: 'kube-system', name };
    return runAsLeader({ client, clock, random: Math.random, lease, identity, onError }, work, signal);
  };
  const deps = agentDeps(host, config.logRotation);
  const { nodeName } = settings;
  const pods = withStaticPods({
    client: new ServerPodClient({ client: nodeClient, nodeName, clock, random: Math.random, onError }),
    clock,
    log: deps.log,
    nodeName,
    nodeUid: async () => (await nodeClient.get(NODES, '', nodeName)).metadata?.uid ?? '',
    directory: config.manifests,
    recordDirectory: join(settings.root, 'static-pods'),
  });
  const nodeEvents = new EventRecorder({ client: nodeClient, component: 'peapod', host: nodeName });
  let pressure: NodeDescription['pressure'] = new Set();
  const eviction = nodeEviction({
    settings,
    eviction: config.eviction,
    deps,
    tell: (type, reason, message) => {
      // By the name in place of the uid they are found from the node, as the kubelet's are.
      const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } };
      nodeEvents.record(node, { type, reason, message, at: clock.now() }).catch(onError);
    },
    onConditions: (conditions) => {
      pressure = conditions;
    },
  });
  await host.runtime.collect();
  const describe = nodeDescriber(host, config);
  const node = {
    ...deps.node,
    ...(await reserveForOthers(host, config)),
    ...(apiServer === undefined ? {} : { apiServer }),
  };
  await Promise.all([
    keepNode(
      {
        client: nodeClient,
        clock,
        describe: () => describe(pressure),
        onError: (error) => {
          onError(error);
          onNodeError();
        },
        onReady,
        ...(metrics.startup === undefined ? {} : { startup: metrics.startup }),
      },
      signal,
    ),
    asLeader('kube-controller-manager', controllerClient, async (ended) => {
      const informers = new SharedInformers({ ...controllerDeps, signal: ended, onError });
      const all = [
        ...allControllers(controllers),
        resourceQuotaController(recountQuota),
        rootCaController(certificate),
      ];
      await Promise.all(all.map((controller) => controller({ ...controllerDeps, informers }, ended)));
    }),
    hostDirectoryProvisioner(hostDirectories(settings))(controllerDeps, signal),
    startAgent(
      {
        ...deps,
        runtime: measuredRuntime(deps.runtime, metrics, clock),
        node,
        client: pods,
        eviction,
        metrics,
        nodeObject: () => nodeClient.find(NODES, '', nodeName),
      },
      { signal },
    ),
    host.runtime.keepSpares?.(
      { sandboxes: config.spareSandboxes, containers: config.spareContainers },
      (error) => log('cannot make a sandbox, or start a container, ahead', error),
      { signal },
    ),
    giveBackMemory({ clock, cpuMicros, trim: trimMemory }, { signal }),
    collectImages({ ...deps, readRoom: () => readRoom(settings.images), policy: config.imageGc }, signal),
    asLeader('kube-scheduler', schedulerClient, (ended) =>
      runScheduler(
        {
          client: apiClusterClient({ client: schedulerClient, clock, random: Math.random, onError }),
          clock,
          log,
          onWaiting: () => host.runtime.expectPods?.(),
        },
        ended,
      ),
    ),
  ]);
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function checkFolder(path: string): Promise<void> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new PeapodError('NotFound', `--manifests: cannot read ${path}: no such folder`, { cause });
  });
  if (!stats.isDirectory()) throw new PeapodError('Invalid', `--manifests: ${path} is not a folder`);
}

function cannotListen(address: string, cause: unknown): PeapodError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === 'EADDRINUSE' ? 'somebody else does' : message;
  return new PeapodError('FailedPrecondition', `cannot listen on ${address}: ${why}`, {
    cause,
    hint: 'peapod serve --listen 127.0.0.1:7443',
  });
}

function log(message: string, error?: unknown): void {
  const why =
    error === undefined ? '' : `: ${error instanceof PeapodError ? withHint(error) : inspect(error)}`;
  process.stderr.write(`${new Date().toISOString()} ${message}${why}\n`);
}

function withHint({ message, hint }: PeapodError): string {
  return hint === undefined ? message : `${message}; try: ${hint}`;
}

/** `127.0.0.1:6443`, `[::1]:6443`, `:6443` for all addresses. */
function readListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new PeapodError('Invalid', `invalid address ${JSON.stringify(text)}: expected ADDRESS:PORT`);
  return { host: (match[1] ?? match[2]) || '0.0.0.0', port };
}

/** Nobody has the address that stands for all: who reads the URL is on this machine. */
function localUrl(address: string, port: number): string {
  const reached = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `https://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

/** Everything the server may be called by. */
function serverNames(addresses: readonly string[], nodeName: string): string[] {
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .map((one) => one.address)
    .filter((one) => !one.startsWith('fe80:'));
  const all = ['0.0.0.0', '::'];
  const isAll = addresses.some((address) => all.includes(address));
  const services = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  return [
    ...new Set([
      'localhost',
      '127.0.0.1',
      '::1',
      hostname().toLowerCase(),
      nodeName,
      ...(isAll ? own : []),
      ...addresses.filter((address) => !all.includes(address)),
      ...services,
    ]),
  ];
}
