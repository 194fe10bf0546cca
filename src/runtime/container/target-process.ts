import { PeapodError } from '../../model/errors.ts';
import type { ContainerConfig } from '../pod-runtime.ts';
import type { ContainerContext, ContainerSandbox } from './container-context.ts';
import { findRecord } from './container-record.ts';
import { isAlive } from './observe-container.ts';

/**
 * The first process of the container whose processes this one shall see (`targetContainerName` of an ephemeral container).
 * @throws PeapodError CreateContainerConfigError when it does not run, or belongs to another pod
 */
export async function targetProcess(
  context: ContainerContext,
  sandbox: ContainerSandbox,
  config: ContainerConfig,
): Promise<number | undefined> {
  const namespaces = config.linux.securityContext.namespaces;
  if (namespaces?.pid !== 'TARGET') return undefined;
  const target = await findRecord(context.paths.containers, namespaces.targetId ?? '');
  if (target?.sandboxId !== sandbox.id) {
    throw new PeapodError(
      'CreateContainerConfigError',
      `there is no container "${namespaces.targetId}" in this pod`,
    );
  }
  if (target.init && isAlive(target.init)) return target.init.pid;
  throw new PeapodError(
    'CreateContainerConfigError',
    `container "${target.config.metadata.name}" is not running`,
  );
}
