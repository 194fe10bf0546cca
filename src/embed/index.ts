/** `peapod`: an engine that runs pods, in a test or a program. */
export {
  ApiClient,
  type KubernetesObject,
  type ListOptions,
  type ObjectList,
  type WatchEvent,
} from '../client/api-client.ts';
export { ApiError } from '../client/api-error.ts';
export * from '../client/resource-types.ts';
export type * from '../model/api/types.ts';
export { type ErrorCode, isPeapodError, PeapodError } from '../model/errors.ts';
export type { RemoteSession, TerminalSize } from '../streaming/remote-session.ts';
export type { AppliedObject, Manifest } from './apply-objects.ts';
export type { ContainerWishes } from './container-pod.ts';
export type { Images } from './images.ts';
export { Peapod, type RunOptions } from './peapod.ts';
export type { MappedPort } from './pod-streams.ts';
export type { ExecOptions, ExecResult, LogsOptions, RunningPod, WaitOptions } from './running-pod.ts';
export type { ServerAddress } from './reach-server.ts';
export type { EngineOptions } from './start-engine.ts';
export { type HttpWait, Wait, type WaitStrategy } from './wait-strategies.ts';
