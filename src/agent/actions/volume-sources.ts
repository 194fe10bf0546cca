import type { Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { fieldPathValue } from '../../model/field-path.ts';
import { resourceFieldValue } from '../../model/env/resource-field-value.ts';
import type { VolumeSources } from '../../runtime/pod-volumes.ts';
import type { AgentDeps, NodeFacts } from '../agent-deps.ts';
import { nodeAllocatable } from './node-allocatable.ts';
import { podIdentity } from '../pod-identity.ts';
import type { PodMemory } from '../pod-memory.ts';
import { serviceAccountToken } from './service-account-token.ts';

/** Where the contents of a pod's volumes come from. */
export function volumeSources(
  pod: Pod,
  { client, clock, node }: Pick<AgentDeps, 'client' | 'clock' | 'node'>,
  { tokens }: Pick<PodMemory, 'tokens'>,
): VolumeSources {
  const { namespace } = podIdentity(pod);
  return {
    configMap: (name) => client.getConfigMap(namespace, name),
    secret: (name) => client.getSecret(namespace, name),
    claim: (name) => client.getPersistentVolumeClaim(namespace, name),
    persistentVolume: client.getPersistentVolume,
    serviceAccountToken: (wish) => serviceAccountToken(pod, wish, tokens, { client, clock }),
    downwardValue: (item) => downwardValue(pod, item, node),
  };
}

function downwardValue(
  pod: Pod,
  item: Parameters<VolumeSources['downwardValue']>[0],
  node: NodeFacts,
): string {
  try {
    if ('fieldPath' in item) return fieldPathValue(pod, item.fieldPath);
    return resourceFieldValue(
      pod,
      { name: '' },
      { containerName: item.containerName, resource: item.resource, divisor: item.divisor },
      nodeAllocatable(node),
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PeapodError('VolumeError', error.message, { cause: error });
  }
}
