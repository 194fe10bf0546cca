import type { ContainerVerb, PodRuntime } from '../pod-runtime.ts';
import { attach } from '../stream/attach.ts';
import { startExec } from '../stream/exec-session.ts';
import { execSync } from '../stream/exec-sync.ts';
import { portForward } from '../stream/port-forward.ts';
import { explainFailure } from '../explain-failure.ts';
import { checkpointContainer } from './checkpoint-container.ts';
import { collectContainers } from './collect-containers.ts';
import type { ContainerContext } from './container-context.ts';
import { containerStats } from './container-stats.ts';
import { containerStatus, listContainers } from './container-status.ts';
import { createContainer } from './create-container.ts';
import { removeContainer } from './remove-container.ts';
import { reopenContainerLog } from './reopen-container-log.ts';
import { startContainer } from './start-container.ts';
import { stopContainer } from './stop-container.ts';
import { updateContainerResources } from './update-container-resources.ts';

/** The part of a PodRuntime that is about containers: one file for each verb. */
export function containerVerbs(
  context: ContainerContext,
): Pick<PodRuntime, ContainerVerb | 'portForward'> & { collect(): Promise<string[]> } {
  return {
    createContainer: (sandboxId, config, options) =>
      explainFailure('cannot create the container', 'CreateContainerError', () =>
        createContainer(context, sandboxId, config, options),
      ),
    startContainer: (id, options) =>
      explainFailure('cannot start the container', 'RunContainerError', () =>
        startContainer(context, id, options),
      ),
    stopContainer: (id, timeoutMs, options) =>
      explainFailure('cannot stop the container', 'Unavailable', () =>
        stopContainer(context, id, timeoutMs, options),
      ),
    removeContainer: (id, options) =>
      explainFailure('cannot remove the container', 'Unavailable', () =>
        removeContainer(context, id, options),
      ),
    containerStatus: (id) =>
      explainFailure('cannot look at the container', 'Unavailable', () => containerStatus(context, id)),
    listContainers: (filter) =>
      explainFailure('cannot look at the containers', 'Unavailable', () => listContainers(context, filter)),
    updateContainerResources: (id, resources, options) =>
      explainFailure('cannot update the container', 'Unavailable', () =>
        updateContainerResources(context, id, resources, options),
      ),
    reopenContainerLog: (id) => reopenContainerLog(context, id),
    containerStats: (id) => containerStats(context, id),
    checkpointContainer: (id, location, options) =>
      explainFailure('cannot checkpoint the container', 'Unavailable', () =>
        checkpointContainer(context, id, location, options),
      ),
    execSync: (id, command, options) =>
      explainFailure('cannot run the command', 'Unavailable', () => execSync(context, id, command, options)),
    exec: (id, request, options) =>
      explainFailure('cannot run the command', 'Unavailable', () => startExec(context, id, request, options)),
    attach: (id, request, options) => attach(context, id, request, options),
    portForward: (sandboxId, port, options) => portForward(context, sandboxId, port, options),
    collect: () => collectContainers(context),
  };
}
