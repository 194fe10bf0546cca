import type { Clock } from '../../model/clock.ts';
import type { PodRuntime } from '../../runtime/pod-runtime.ts';
import { createGrpcServer, type GrpcServer } from '../grpc/grpc-server.ts';
import { CpuRates } from './cpu-rates.ts';
import type { CriContext } from './cri-context.ts';
import { criServices } from './cri-services.ts';
import { EventHub } from './event-hub.ts';
import { SharedWork } from './shared-work.ts';
import { openStreamServer } from './stream-server.ts';

export interface CriServerOptions {
  readonly runtime: PodRuntime;
  readonly clock: Clock;
  /** For `Status` when it is asked to be verbose. */
  readonly info: Readonly<Record<string, unknown>>;
  /** The addresses of pods. */
  readonly podCidr: string;
  /** Who makes the cgroups of containers; cgroupfs unless told. */
  readonly cgroupDriver?: 'SYSTEMD' | 'CGROUPFS';
  /** Is told of bugs only. */
  readonly onBug: (method: string, error: unknown) => void;
}

/** Serves CRI v1 in front of a PodRuntime until it is disposed; the pods run on. */
export async function openCriServer(options: CriServerOptions): Promise<GrpcServer> {
  const { runtime, clock, info, podCidr, cgroupDriver = 'CGROUPFS', onBug } = options;
  await using opened = new AsyncDisposableStack();
  const context: CriContext = {
    runtime,
    clock,
    work: opened.use(new SharedWork()),
    streams: opened.use(await openStreamServer(runtime, clock)),
    events: new EventHub(runtime, clock),
    rates: new CpuRates(),
    info,
    podCidr,
    cgroupDriver,
  };
  const services = criServices(context);
  const server = opened.use(createGrpcServer({ services, onBug }));
  const all = opened.move();
  return { accept: (socket) => server.accept(socket), [Symbol.asyncDispose]: () => all.disposeAsync() };
}
