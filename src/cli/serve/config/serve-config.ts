import { resolve } from 'node:path';
import { type EvictionSettings, evictionSettings } from '../../../agent/eviction/eviction-settings.ts';
import type { NodeReservations } from '../../../agent/node/node-reservations.ts';
import type { ImageGcPolicy } from '../../../agent/images/images-to-remove.ts';
import { DEFAULT_IMAGE_GC } from '../../../agent/images/images-to-remove.ts';
import { type ControllerOptions, DEFAULT_CONTROLLER_OPTIONS } from '../../../controllers/all-controllers.ts';
import { DEFAULT_ROTATION, type RotationPolicy } from '../../../runtime/stream/log-rotation.ts';
import { MAX_PODS } from '../../run/this-node.ts';
import type { ConfigFile } from './read-config.ts';

/** What `peapod serve` is told besides where this installation lies. */
export interface ServeConfig {
  readonly dataDir: string | undefined;
  /** `ADDRESS:PORT` */
  readonly listen: string;
  /** The CRI socket of the runtime that shall run the pods; absent: our own. */
  readonly runtimeEndpoint: string | undefined;
  readonly agent: AgentConfig;
  readonly controllers: ControllerOptions;
}

/** How the agent keeps its node. */
export interface AgentConfig {
  /** The folder with the manifests of static pods; absolute. */
  readonly manifests: string | undefined;
  readonly maxPods: number;
  readonly imageGc: ImageGcPolicy;
  readonly logRotation: RotationPolicy;
  readonly eviction: EvictionSettings;
  readonly reservations: NodeReservations;
  /** How many sandboxes wait for pods to come. */
  readonly spareSandboxes: number;
  /** How many conmons and OCI runtimes wait for containers to come. */
  readonly spareContainers: number;
}

export interface ServeFlags {
  readonly dataDir?: string;
  readonly listen?: string;
  readonly runtimeEndpoint?: string;
  readonly manifests?: string;
}

const DEFAULT_SPARE_SANDBOXES = 1;
const DEFAULT_SPARE_CONTAINERS = 3;

export const DEFAULT_LISTEN = '127.0.0.1:6443';

/** Flags win over the file, the file over the defaults. */
export function serveConfig(flags: ServeFlags, file: ConfigFile = {}): ServeConfig {
  const { agent = {}, controllers = {} } = file;
  const { nodeLifecycle, podGc } = DEFAULT_CONTROLLER_OPTIONS;
  const manifests = flags.manifests ?? file.manifests;
  return {
    dataDir: flags.dataDir ?? file.dataDir,
    runtimeEndpoint: flags.runtimeEndpoint ?? file.runtimeEndpoint,
    listen: flags.listen ?? file.listen ?? DEFAULT_LISTEN,
    agent: {
      manifests: manifests === undefined ? undefined : resolve(manifests),
      maxPods: agent.maxPods ?? MAX_PODS,
      imageGc: {
        highThresholdPercent: agent.imageGCHighThresholdPercent ?? DEFAULT_IMAGE_GC.highThresholdPercent,
        lowThresholdPercent: agent.imageGCLowThresholdPercent ?? DEFAULT_IMAGE_GC.lowThresholdPercent,
        minimumAgeMs: agent.imageMinimumGCAge ?? DEFAULT_IMAGE_GC.minimumAgeMs,
      },
      eviction: evictionSettings({
        ...(agent.evictionHard === undefined ? {} : { hard: agent.evictionHard }),
        ...(agent.evictionSoft === undefined ? {} : { soft: agent.evictionSoft }),
        ...(agent.evictionSoftGracePeriod === undefined
          ? {}
          : { softGraceMs: agent.evictionSoftGracePeriod }),
        ...(agent.evictionMinimumReclaim === undefined ? {} : { minReclaim: agent.evictionMinimumReclaim }),
        ...(agent.evictionPressureTransitionPeriod === undefined
          ? {}
          : { transitionMs: agent.evictionPressureTransitionPeriod }),
        ...(agent.evictionMaxPodGracePeriod === undefined
          ? {}
          : { maxPodGraceSeconds: agent.evictionMaxPodGracePeriod }),
      }),
      reservations: {
        kubeReserved: agent.kubeReserved ?? {},
        systemReserved: agent.systemReserved ?? {},
      },
      spareSandboxes: agent.spareSandboxes ?? DEFAULT_SPARE_SANDBOXES,
      spareContainers: agent.spareContainers ?? DEFAULT_SPARE_CONTAINERS,
      logRotation: {
        maxBytes: agent.containerLogMaxSize ?? DEFAULT_ROTATION.maxBytes,
        maxFiles: agent.containerLogMaxFiles ?? DEFAULT_ROTATION.maxFiles,
      },
    },
    controllers: {
      nodeLifecycle: {
        monitorPeriodMs: controllers.nodeMonitorPeriod ?? nodeLifecycle.monitorPeriodMs,
        gracePeriodMs: controllers.nodeMonitorGracePeriod ?? nodeLifecycle.gracePeriodMs,
      },
      podGc: {
        ...podGc,
        terminatedThreshold: controllers.terminatedPodGCThreshold ?? podGc.terminatedThreshold,
      },
    },
  };
}
