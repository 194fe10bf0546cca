import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PodSandboxStatus } from '../../runtime/pod-runtime.ts';
import type {
  PodSandboxAttributesSchema,
  PodSandboxSchema,
  PodSandboxStatusSchema,
} from '../api/runtime_pb.ts';
import { sandboxStates } from './enums.ts';
import { namespacesMessage } from './namespace-options.ts';
import { nanoseconds } from './numbers.ts';

export function sandboxStatusMessage(
  status: PodSandboxStatus,
): MessageInitShape<typeof PodSandboxStatusSchema> {
  const [ip = '', ...others] = status.ips;
  return {
    ...common(status),
    network: { ip, additionalIps: others.map((other) => ({ ip: other })) },
    linux: { namespaces: { options: namespacesMessage(status.namespaces) } },
  };
}

export function sandboxMessage(status: PodSandboxStatus): MessageInitShape<typeof PodSandboxSchema> {
  return common(status);
}

function common(status: PodSandboxStatus) {
  const { id, metadata, labels, annotations, runtimeHandler } = status;
  return {
    id,
    metadata,
    labels,
    annotations,
    runtimeHandler,
    state: sandboxStates.value(status.state),
    createdAt: nanoseconds(status.createdAt),
  };
}

export function sandboxAttributes({
  id,
  metadata,
  labels,
  annotations,
}: PodSandboxStatus): MessageInitShape<typeof PodSandboxAttributesSchema> {
  return { id, metadata, labels, annotations };
}
