import type { Controller } from './controller.ts';
import { deploymentController } from './deployment/deployment.ts';
import { garbageCollector } from './garbage-collector.ts';
import { namespaceController } from './namespace.ts';
import { replicaSetController } from './replica-set.ts';
import { serviceAccountController } from './service-account.ts';

export const ALL_CONTROLLERS: readonly Controller[] = [
  deploymentController,
  replicaSetController,
  garbageCollector,
  namespaceController,
  serviceAccountController,
];
