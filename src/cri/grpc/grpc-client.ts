import type { DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, type MethodDefinition, type ServiceError } from '@grpc/grpc-js';
import { fromGrpcStatus } from './grpc-status.ts';
import type { ListenAt } from './listen-at.ts';
import { MAX_MESSAGE_BYTES, methodDefinitions } from './service-definition.ts';

export interface GrpcCallOptions {
  /** Cancels the call, at the server too. */
  signal?: AbortSignal;
  /** The server is told of it. Without one the call may take for ever. */
  timeoutMs?: number;
}

type Call<Method extends DescMethod> = Method['methodKind'] extends 'unary'
  ? (
      request: MessageInitShape<Method['input']>,
      options?: GrpcCallOptions,
    ) => Promise<MessageShape<Method['output']>>
  : (
      request: MessageInitShape<Method['input']>,
      options?: GrpcCallOptions,
    ) => AsyncIterableIterator<MessageShape<Method['output']>>;

/** One function for each method. They throw PeapodErrors, and `AbortError` once the call's signal has aborted. */
export type ServiceClient<Service extends DescService> = {
  [Name in keyof Service['method']]: Call<Service['method'][Name]>;
};

export interface GrpcConnection extends Disposable {
  service<Service extends DescService>(service: Service): ServiceClient<Service>;
}

/** A connection that is made when it is needed, and again when it is lost: calls meanwhile fail with `Unavailable`. */
export function openGrpcConnection({ path }: ListenAt): GrpcConnection {
  const client = new Client(`unix:${path}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 3_000,
    'grpc.enable_channelz': 0,
    'grpc.enable_retries': 0,
    'grpc.default_authority': 'localhost',
  });
  return {
    service: <Service extends DescService>(service: Service) => {
      const calls = [...methodDefinitions(service)].map(([name, method]) => [
        name,
        method.responseStream ? streaming(client, method) : unary(client, method),
      ]);
      return Object.fromEntries(calls) as ServiceClient<Service>;
    },
    [Symbol.dispose]: () => client.close(),
  };
}

function callOptions({ timeoutMs }: GrpcCallOptions) {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
}

function unary(client: Client, method: MethodDefinition<object, object>) {
  return (request: object, options: GrpcCallOptions = {}): Promise<object> =>
    new Promise((resolve, reject) => {
      const { signal } = options;
      signal?.throwIfAborted();
      const call = client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        new Metadata(),
        callOptions(options),
        (error: ServiceError | null, answer?: object) => {
          signal?.removeEventListener('abort', cancel);
          if (answer === undefined)
            reject(error === null ? new Error('bug: no answer') : fromGrpcStatus(error, signal));
          else resolve(answer);
        },
      );
      const cancel = (): void => call.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
    });
}

function streaming(client: Client, method: MethodDefinition<object, object>) {
  return async function* (request: object, options: GrpcCallOptions = {}): AsyncGenerator<object> {
    const { signal } = options;
    signal?.throwIfAborted();
    const call = client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      new Metadata(),
      callOptions(options),
    );
    const cancel = (): void => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      for await (const answer of call) yield answer as object;
    } catch (error) {
      throw fromGrpcStatus(error as ServiceError, signal);
    } finally {
      signal?.removeEventListener('abort', cancel);
      call.on('error', () => {}).cancel();
    }
  };
}
