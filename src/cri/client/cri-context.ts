import type { Clock } from '../../model/clock.ts';
import type { ImageService, RuntimeService } from '../api/runtime_pb.ts';
import type { ServiceClient } from '../grpc/grpc-client.ts';
import type { RuntimeAbilities } from './runtime-abilities.ts';

/** What the verbs of the client need. */
export interface CriContext {
  readonly runtime: ServiceClient<typeof RuntimeService>;
  readonly images: ServiceClient<typeof ImageService>;
  readonly clock: Clock;
  readonly abilities: RuntimeAbilities;
  /** The runtime's, for messages. */
  readonly name: string;
}
