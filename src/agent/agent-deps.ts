import type { PodClient } from '../client/pod-client.ts';
import type { Node } from '../model/api/types.ts';
import type { Clock } from '../model/clock.ts';
import type { PodCgroups } from '../runtime/pod-cgroups.ts';
import type { ContainerStatus as RuntimeContainer, PodRuntime } from '../runtime/pod-runtime.ts';
import type { PodVolumes } from '../runtime/pod-volumes.ts';
import type { EvictionOptions } from './eviction/node-pressure.ts';
import type { NodeFiles } from './node-files.ts';
import type { AgentMetrics } from './stats/agent-metrics.ts';
import type { ProbeDialer } from './probes/probe-dialer.ts';

/** All that the agent needs of the world. */
export interface AgentDeps {
  readonly client: PodClient;
  readonly runtime: PodRuntime;
  readonly volumes: PodVolumes;
  readonly cgroups: PodCgroups;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly node: NodeFacts;
  readonly files: NodeFiles;
  /** Speaks to pods over the network, for probes and hooks. */
  readonly dialer: ProbeDialer;
  readonly log: AgentLog;
  /** The node as the API has it; nothing while there is none. What cannot be read is not asked of a pod. */
  readonly nodeObject?: () => Promise<Node | undefined>;
  /** Told of the agent's work. */
  readonly metrics?: AgentMetrics;
  /** How the node is kept from running short; absent: nobody looks. */
  readonly eviction?: EvictionOptions;
  /** Rotates a running container's log when it is too large; called now and then. */
  readonly rotateLog?: (container: RuntimeContainer) => Promise<void>;
}

export interface NodeFacts {
  readonly name: string;
  /** The node's addresses, the primary one first. */
  readonly ips: readonly string[];
  /** What the node offers to pods. */
  readonly milliCpu: number;
  readonly memoryBytes: number;
  /** Where pods find the API server; absent where there is none that they can reach. */
  readonly apiServer?: { readonly host: string; readonly port: number };
  /** For pods' fully qualified names. */
  readonly clusterDomain: string;
}

export interface LogEntry {
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  pod?: string;
  error?: unknown;
}

export type AgentLog = (entry: LogEntry) => void;
