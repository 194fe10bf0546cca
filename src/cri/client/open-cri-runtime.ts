/** Any runtime that speaks CRI, as a `PodRuntime`. */
import type { Clock } from '../../model/clock.ts';
import { isPeapodError, PeapodError } from '../../model/errors.ts';
import type { PodRuntime } from '../../runtime/pod-runtime.ts';
import { ImageService, RuntimeService } from '../api/runtime_pb.ts';
import { openGrpcConnection } from '../grpc/grpc-client.ts';
import { readUnixAddress } from '../grpc/listen-at.ts';
import { containerVerbs } from './container-verbs.ts';
import { imageVerbs } from './image-verbs.ts';
import { runtimeAbilities } from './runtime-abilities.ts';
import { sandboxVerbs } from './sandbox-verbs.ts';
import { watchEvents } from './watch-events.ts';

const ANSWER_TIMEOUT_MS = 10_000;

export interface CriRuntime extends PodRuntime, Disposable {}

/**
 * Connects to a runtime. Closing the connection leaves all pods running.
 * @param endpoint `unix:///run/containerd/containerd.sock`
 * @throws PeapodError Invalid for another endpoint; Unavailable when nobody answers there, Unsupported when it speaks no CRI v1
 */
export async function openCriRuntime(
  endpoint: string,
  clock: Clock,
  { answerTimeoutMs = ANSWER_TIMEOUT_MS }: { answerTimeoutMs?: number } = {},
): Promise<CriRuntime> {
  const connection = openGrpcConnection(readUnixAddress(endpoint));
  const runtime = connection.service(RuntimeService);
  const images = connection.service(ImageService);
  try {
    const { runtimeName, runtimeVersion } = await runtime.version({}, { timeoutMs: answerTimeoutMs });
    const name = `${runtimeName} ${runtimeVersion}`;
    const abilities = runtimeAbilities(name, await runtime.status({}, { timeoutMs: answerTimeoutMs }));
    const context = { runtime, images, clock, abilities, name };
    return {
      version: async () => ({ runtimeName, runtimeVersion, runtimeApiVersion: 'v1' }),
      status: async () => {
        const { status } = await runtime.status({}, { timeoutMs: answerTimeoutMs });
        return (status?.conditions ?? []).map(({ type, status, reason, message }) => ({
          type: type === 'NetworkReady' ? type : 'RuntimeReady',
          status,
          reason,
          message,
        }));
      },
      runtimeHandlers: async () => [...abilities.handlers],
      ...sandboxVerbs(context),
      ...containerVerbs(context),
      ...imageVerbs(context),
      events: (options) => watchEvents(runtime, clock, options),
      [Symbol.dispose]: () => connection[Symbol.dispose](),
    };
  } catch (error) {
    connection[Symbol.dispose]();
    throw cannotUse(endpoint, error);
  }
}

function cannotUse(endpoint: string, error: unknown): unknown {
  if (!isPeapodError(error)) return error;
  return new PeapodError(error.code, `cannot use the runtime at ${endpoint}: ${error.message}`, {
    cause: error,
    retryable: error.retryable,
    hint: 'is it running, and does it speak CRI v1? See crictl --runtime-endpoint … version',
  });
}
