import { type EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import type { DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { EncodedMessage } from './encoded-message.ts';
import { toGrpcStatus } from './grpc-status.ts';
import { MAX_MESSAGE_BYTES, methodDefinitions } from './service-definition.ts';

export interface GrpcCall {
  /** Aborts when the client gives up, loses its connection, or its deadline passes. */
  readonly signal: AbortSignal;
}

type Handler<Method extends DescMethod> = Method['methodKind'] extends 'unary'
  ? (
      request: MessageShape<Method['input']>,
      call: GrpcCall,
    ) => Promise<MessageInitShape<Method['output']> | EncodedMessage>
  : (
      request: MessageShape<Method['input']>,
      call: GrpcCall,
    ) => AsyncIterable<MessageInitShape<Method['output']> | EncodedMessage>;

/** One function for each method of a service: a promise of the answer, or a stream of answers. */
export type ServiceHandlers<Service extends DescService> = {
  [Name in keyof Service['method']]: Handler<Service['method'][Name]>;
};

export interface GrpcService {
  readonly service: DescService;
  readonly handlers: Record<string, (request: never, call: GrpcCall) => unknown>;
}

export function grpcService<Service extends DescService>(
  service: Service,
  handlers: ServiceHandlers<Service>,
): GrpcService {
  return { service, handlers };
}

export interface GrpcServerOptions {
  readonly services: readonly GrpcService[];
  /** Is told of bugs only. */
  readonly onBug: (method: string, error: unknown) => void;
}

export interface GrpcServer extends AsyncDisposable {
  /** Serves a connection, which may have been read from by nobody before. */
  accept(socket: Socket): void;
}

/** Calls under way on one connection; more have to wait. */
const MAX_STREAMS = 1_000;

/**
 * Serves until it is disposed, which cancels the calls that are under way. Handlers may throw anything: the client gets the status that
 * belongs to it. What a client sends that is no message of the method ends that call alone.
 */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_concurrent_streams': MAX_STREAMS,
    'grpc.enable_channelz': 0,
  });
  for (const { service, handlers } of options.services) {
    const definitions = methodDefinitions(service);
    const implementation: UntypedServiceImplementation = {};
    for (const [name, { path, responseStream }] of definitions) {
      const handler = handlers[name];
      if (handler === undefined) throw new Error(`bug: no handler for ${path}`);
      const onError = (error: unknown) => statusOf(path, error, options);
      const serve = responseStream ? streaming(handler, onError) : unary(handler, onError);
      implementation[name] = serve as UntypedHandleCall;
    }
    server.addService(Object.fromEntries(definitions), implementation);
  }
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    accept: (socket) => injector.injectConnection(socket),
    [Symbol.asyncDispose]: () => Promise.resolve(server.forceShutdown()),
  };
}

type AnyHandler = (request: never, call: GrpcCall) => unknown;
type ToStatus = (error: unknown) => ReturnType<typeof toGrpcStatus>;

function unary(handler: AnyHandler, onError: ToStatus) {
  return (call: ServerUnaryCall<never, object>, respond: sendUnaryData<object>): void => {
    const { signal } = aborted(call);
    Promise.resolve()
      .then(() => handler(call.request, { signal }))
      .then(
        (answer) => respond(null, answer as object),
        (error: unknown) => respond(onError(error)),
      );
  };
}

function streaming(handler: AnyHandler, onError: ToStatus) {
  return (call: ServerWritableStream<never, object>): void => {
    const ended = aborted(call);
    call.on('error', () => ended.abort());
    pump(handler(call.request, { signal: ended.signal }) as AsyncIterable<object>, call, ended.signal).then(
      () => call.end(),
      (error: unknown) => call.emit('error', onError(error)),
    );
  };
}

async function pump(
  answers: AsyncIterable<object>,
  call: ServerWritableStream<never, object>,
  signal: AbortSignal,
): Promise<void> {
  // A client that is slow to read is waited for; one that left ends the stream.
  for await (const answer of answers) {
    if (!call.write(answer)) await once(call, 'drain', { signal });
    signal.throwIfAborted();
  }
}

function aborted(call: Pick<EventEmitter, 'on'>): AbortController {
  const controller = new AbortController();
  call.on('cancelled', () => controller.abort());
  return controller;
}

function statusOf(path: string, error: unknown, { onBug }: GrpcServerOptions) {
  const status = toGrpcStatus(error);
  if (status.details?.startsWith('bug: ') === true) onBug(path, error);
  return status;
}
