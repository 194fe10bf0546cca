import type { CallOptions } from '../../pod-runtime.ts';
import type { SandboxContext } from '../sandbox-context.ts';
import type { ProcessIdentity, SandboxRecord } from '../sandbox-record.ts';
import { isPlain, startByCalls } from './start-by-calls.ts';
import { startByOci } from './start-by-oci.ts';

/**
 * Makes the pod's namespaces, and the process that holds them.
 * @returns the infra container's process
 * @throws PeapodError CreatePodSandboxError, MissingPrerequisite, Invalid
 */
export function startInfra(
  context: SandboxContext,
  record: SandboxRecord,
  options: CallOptions,
): Promise<ProcessIdentity> {
  return isPlain(context, record)
    ? startByCalls(context, record, options)
    : startByOci(context, record, options);
}
