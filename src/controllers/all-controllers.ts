import type { Controller } from './controller.ts';
import { cronJobController } from './cron-job/cron-job.ts';
import { daemonSetController } from './daemon-set/daemon-set.ts';
import { deploymentController } from './deployment/deployment.ts';
import { disruptionController } from './disruption/disruption.ts';
import { garbageCollector } from './garbage-collector.ts';
import { jobController } from './job/job.ts';
import { ttlAfterFinishedController } from './job/ttl-after-finished.ts';
import { namespaceController } from './namespace.ts';
import { podGroupController } from './pod-group.ts';
import { replicaSetController } from './replica-set.ts';
import {
  DEFAULT_NODE_LIFECYCLE,
  nodeLifecycleController,
  type NodeLifecycleOptions,
} from './node-lifecycle/node-lifecycle.ts';
import { DEFAULT_POD_GC, podGarbageCollector, type PodGcOptions } from './pod-gc/pod-gc.ts';
import { serviceAccountController } from './service-account.ts';
import { stoppedPodController } from './stopped-pods.ts';
import { taintEvictionController } from './taint-eviction/taint-eviction.ts';
import { claimBinder } from './volumes/claim-binder.ts';
import { storageProtectionController } from './volumes/storage-protection.ts';
import { volumePhaseController } from './volumes/volume-phases.ts';

export interface ControllerOptions {
  readonly nodeLifecycle: NodeLifecycleOptions;
  readonly podGc: PodGcOptions;
}

export const DEFAULT_CONTROLLER_OPTIONS: ControllerOptions = {
  nodeLifecycle: DEFAULT_NODE_LIFECYCLE,
  podGc: DEFAULT_POD_GC,
};

export function allControllers({
  nodeLifecycle,
  podGc,
}: ControllerOptions = DEFAULT_CONTROLLER_OPTIONS): readonly Controller[] {
  return [
    deploymentController,
    replicaSetController,
    daemonSetController,
    jobController,
    ttlAfterFinishedController,
    cronJobController,
    disruptionController,
    podGroupController,
    garbageCollector,
    namespaceController,
    serviceAccountController,
    nodeLifecycleController(nodeLifecycle),
    taintEvictionController,
    claimBinder,
    volumePhaseController,
    storageProtectionController,
    podGarbageCollector(podGc),
    stoppedPodController,
  ];
}
