import type { Controller } from './controller.ts';
import { cronJobController } from './cron-job/cron-job.ts';
import { daemonSetController } from './daemon-set/daemon-set.ts';
import { deploymentController } from './deployment/deployment.ts';
import { garbageCollector } from './garbage-collector.ts';
import { jobController } from './job/job.ts';
import { ttlAfterFinishedController } from './job/ttl-after-finished.ts';
import { namespaceController } from './namespace.ts';
import { replicaSetController } from './replica-set.ts';
import { serviceAccountController } from './service-account.ts';

export const ALL_CONTROLLERS: readonly Controller[] = [
  deploymentController,
  replicaSetController,
  daemonSetController,
  jobController,
  ttlAfterFinishedController,
  cronJobController,
  garbageCollector,
  namespaceController,
  serviceAccountController,
];
