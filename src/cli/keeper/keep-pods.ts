import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { availableParallelism, totalmem } from 'node:os';
import type { AgentDeps, NodeFacts } from '../../agent/agent-deps.ts';
import { startAgent } from '../../agent/agent.ts';
import type { Pod } from '../../model/api/types.ts';
import { isPeapodError, PeapodError } from '../../model/errors.ts';
import { type RotationPolicy, rotateLog } from '../../runtime/stream/log-rotation.ts';
import type { Keeping } from '../engine/pod-engine.ts';
import type { Host, NodeHost } from '../host.ts';
import { networkDialer } from '../../agent/probes/network-dialer.ts';
import { exchangeBytes, repeatExchange } from '../../runtime/linux/exchange-bytes.ts';
import { traced } from '../../runtime/linux/trace.ts';
import type { Settings } from '../settings.ts';
import { isPlaced, placeWaitingPods } from '../placement/place-pods.ts';
import { keptClient } from './kept-client.ts';
import { nodeAddresses } from './node-addresses.ts';
import { nodeFiles } from './node-files.ts';

const RETRY_MS = 30;

/** Keeps these pods in this process. Disposing leaves them running and lets whoever wants keep them. */
export function keepPods(host: Host, uids: ReadonlySet<string>): Keeping {
  return keepPodsThat(host, ({ metadata }) => uids.has(metadata?.uid ?? ''));
}

/** The same for all pods, present and to come, for which `wants` holds. `onChange` is told which pods this process keeps. */
export function keepPodsThat(
  host: Host,
  wants: (pod: Pod) => boolean,
  onChange?: (kept: ReadonlySet<string>) => void,
): Keeping {
  const stop = new AbortController();
  let kept: ReadonlySet<string> = new Set();
  const client = keptClient({
    client: host.client,
    locks: host.locks,
    wants,
    retryMs: RETRY_MS,
    isPlaced: (pod) => isPlaced(pod, host.settings.nodeName),
    onChange: (uids) => {
      kept = uids;
      onChange?.(uids);
    },
  });
  const ended = Promise.all([
    runAgent(host, { ...agentDeps(host), client }, stop.signal),
    placeWaitingPods(host, ({ metadata }) => kept.has(metadata?.uid ?? ''), stop.signal),
  ]);
  const broken = new AbortController();
  const over = ended.catch((error: unknown) => {
    stop.abort();
    broken.abort(error);
  });
  return {
    broken: broken.signal,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await over;
      client[Symbol.dispose]();
    },
  };
}

async function runAgent(host: Host, deps: AgentDeps, signal: AbortSignal): Promise<void> {
  try {
    await Promise.all([host.runtime.collect(), host.client.collectLeftovers(), collectLocks(host)]);
  } catch (cause) {
    if (isPeapodError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : inspect(cause);
    throw new PeapodError('Unavailable', `cannot take away what killed processes left: ${why}`, {
      cause,
      retryable: true,
    });
  }
  await startAgent(deps, { signal });
}

/** Of keepers that died, and whose pods are gone. */
async function collectLocks(host: Host): Promise<void> {
  const held = await readdir(join(host.settings.run, 'keepers')).catch((): string[] => []);
  const present = new Set((await host.client.listPods()).map(({ metadata }) => metadata?.uid));
  for (const uid of held) if (!present.has(uid)) host.locks.tryKeep(uid)?.[Symbol.dispose]();
}

export function agentDeps(host: NodeHost, rotation?: RotationPolicy): Omit<AgentDeps, 'client'> {
  const dialer = networkDialer({ exchange: exchangeBytes, repeat: repeatExchange, clock: host.clock });
  return {
    runtime: host.runtime,
    volumes: host.volumes,
    cgroups: host.runtime.podCgroups,
    clock: host.clock,
    random: Math.random,
    node: nodeFacts(host.settings),
    files: nodeFiles(host.paths),
    dialer: {
      ...dialer,
      http: (request, call) => traced('HTTP probe', () => dialer.http(request, call), 'probes'),
      tcp: (request, call) => traced('TCP probe', () => dialer.tcp(request, call), 'probes'),
      grpc: (request, call) => traced('gRPC probe', () => dialer.grpc(request, call), 'probes'),
    },
    log: ({ level, message, pod, error }) => {
      if (level === 'warn' || level === 'error') {
        const about = pod === undefined ? '' : ` ${pod}`;
        const why = error === undefined ? '' : `: ${error instanceof Error ? error.message : inspect(error)}`;
        process.stderr.write(
          `${new Date(host.clock.now()).toISOString()} ${level}${about}: ${message}${why}\n`,
        );
      }
    },
    rotateLog: async ({ id, logPath }) => {
      await rotateLog(logPath, host.clock.now(), () => host.runtime.reopenContainerLog(id), rotation);
    },
  };
}

function nodeFacts(settings: Settings): NodeFacts {
  return {
    name: settings.nodeName,
    ips: nodeAddresses(settings.bridge),
    milliCpu: availableParallelism() * 1000,
    memoryBytes: totalmem(),
    clusterDomain: 'cluster.local',
  };
}
