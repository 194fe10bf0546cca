import type { ImageService, RuntimeService } from '../api/runtime_pb.ts';
import type { ServiceHandlers } from '../grpc/grpc-server.ts';
import type { CriContext } from './cri-context.ts';

/** Some verbs of the RuntimeService, as one file has them. */
export type RuntimeVerbs<Name extends keyof ServiceHandlers<typeof RuntimeService>> = (
  context: CriContext,
) => Pick<ServiceHandlers<typeof RuntimeService>, Name>;

/** Some verbs of the ImageService. */
export type ImageVerbs<Name extends keyof ServiceHandlers<typeof ImageService>> = (
  context: CriContext,
) => Pick<ServiceHandlers<typeof ImageService>, Name>;
