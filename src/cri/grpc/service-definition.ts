import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';
import { EncodedMessage } from './encoded-message.ts';

/** A message is 16 MiB at most, as the kubelet and other runtimes have it. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** What a service's methods are on the wire, by the names that code calls them by. */
export function methodDefinitions(service: DescService): Map<string, MethodDefinition<object, object>> {
  return new Map(service.methods.map((method) => [method.localName, methodDefinition(service, method)]));
}

function methodDefinition(service: DescService, method: DescMethod): MethodDefinition<object, object> {
  const request = codec(method.input);
  const response = codec(method.output);
  return {
    path: `/${service.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: request.write,
    requestDeserialize: request.read,
    responseSerialize: response.write,
    responseDeserialize: response.read,
    originalName: method.localName,
  };
}

/** What a peer sends besides what we know is dropped: nothing of ours passes messages on. */
function codec(schema: DescMessage) {
  return {
    write: (init: object): Buffer => {
      if (init instanceof EncodedMessage) return init.bytes;
      const bytes = toBinary(schema, create(schema, init as MessageInitShape<DescMessage>));
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    read: (bytes: Buffer): object => fromBinary(schema, bytes, { readUnknownFields: false }),
  };
}
