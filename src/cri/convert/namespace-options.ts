import type { MessageInitShape } from '@bufbuild/protobuf';
import type { IdMapping, NamespaceOptions } from '../../runtime/pod-runtime.ts';
import {
  type IDMapping as MappingMessage,
  NamespaceMode,
  type NamespaceOption,
  type NamespaceOptionSchema,
  type UserNamespace,
} from '../api/runtime_pb.ts';
import { namespaceModes } from './enums.ts';
import { invalid, required } from './invalid.ts';

/** CRI's default for each is the pod's. */
export function namespacesFrom(message: NamespaceOption | undefined, field: string): NamespaceOptions {
  const pid = namespaceModes.word(message?.pid ?? NamespaceMode.POD, `${field}.pid`);
  const userns = usersFrom(message?.usernsOptions, `${field}.userns_options`);
  const target = message?.targetId ?? '';
  if (target !== '' && pid !== 'TARGET')
    invalid(`${field}.target_id`, target, 'may be set only with pid TARGET');
  return {
    network: podOrNode(message?.network ?? NamespaceMode.POD, `${field}.network`),
    pid,
    ipc: podOrNode(message?.ipc ?? NamespaceMode.POD, `${field}.ipc`),
    ...(pid === 'TARGET' ? { targetId: required(target, `${field}.target_id`) } : {}),
    ...(userns === undefined ? {} : { userns }),
  };
}

function podOrNode(mode: number, field: string): 'POD' | 'NODE' {
  const word = namespaceModes.word(mode, field);
  return word === 'POD' || word === 'NODE' ? word : invalid(field, word, 'must be POD or NODE');
}

/** Nothing is the node's: that is what old kubelets mean, who cannot say it. */
function usersFrom(message: UserNamespace | undefined, field: string): NamespaceOptions['userns'] {
  if (message === undefined) return undefined;
  const isPod = podOrNode(message.mode, `${field}.mode`) === 'POD';
  if (isPod !== message.uids.length > 0 || isPod !== message.gids.length > 0)
    return invalid(
      field,
      namespaceModes.word(message.mode, field),
      'mappings belong to mode POD, and to it alone',
    );
  return isPod ? { uids: message.uids.map(mappingFrom), gids: message.gids.map(mappingFrom) } : undefined;
}

function mappingFrom({ containerId, hostId, length }: MappingMessage): IdMapping {
  return { containerId, hostId, length };
}

export function namespacesMessage({
  network,
  pid,
  ipc,
  targetId = '',
  userns,
}: NamespaceOptions): MessageInitShape<typeof NamespaceOptionSchema> {
  return {
    network: namespaceModes.value(network),
    pid: namespaceModes.value(pid),
    ipc: namespaceModes.value(ipc),
    targetId,
    ...(userns === undefined ? {} : { usernsOptions: { mode: NamespaceMode.POD, ...userns } }),
  };
}
