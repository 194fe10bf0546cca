import { ImageService, RuntimeService } from '../api/runtime_pb.ts';
import { type GrpcService, grpcService } from '../grpc/grpc-server.ts';
import type { CriContext } from './cri-context.ts';
import { containerLife } from './verbs/container-life.ts';
import { containerStatus } from './verbs/container-status.ts';
import { createContainer } from './verbs/create-container.ts';
import { execSync } from './verbs/exec-sync.ts';
import { images } from './verbs/images.ts';
import { metrics } from './verbs/metrics.ts';
import { runtimeInfo } from './verbs/runtime-info.ts';
import { sandboxLife } from './verbs/sandbox-life.ts';
import { sandboxStatus } from './verbs/sandbox-status.ts';
import { stats } from './verbs/stats.ts';
import { streams } from './verbs/streams.ts';

/** CRI's two services: every verb, from the file that has it. */
export function criServices(context: CriContext): GrpcService[] {
  return [
    grpcService(RuntimeService, {
      ...runtimeInfo(context),
      ...sandboxLife(context),
      ...sandboxStatus(context),
      ...createContainer(context),
      ...containerLife(context),
      ...containerStatus(context),
      ...execSync(context),
      ...streams(context),
      ...stats(context),
      ...metrics(context),
    }),
    grpcService(ImageService, images(context)),
  ];
}
