import type { MessageInitShape } from '@bufbuild/protobuf';
import type { FilesystemUsage, ImageStatus } from '../../runtime/pod-runtime.ts';
import type { FilesystemUsageSchema, ImageSchema } from '../api/runtime_pb.ts';
import { counter, nanoseconds } from './numbers.ts';

export function imageMessage(image: ImageStatus): MessageInitShape<typeof ImageSchema> {
  const { id, repoTags, repoDigests, pinned } = image;
  return {
    id,
    repoTags,
    repoDigests,
    size: BigInt(Math.max(1, image.sizeBytes)),
    ...imageUser(image.config.user),
    spec: { image: id },
    pinned,
  };
}

/** `1000`, `1000:1000`, `name` or `name:group`: a number is a uid, all else a name. */
export function imageUser(user: string): { uid?: { value: bigint }; username?: string } {
  const [name = ''] = user.split(':');
  if (name === '') return { uid: { value: 0n } };
  return /^\d+$/.test(name) ? { uid: { value: BigInt(name) } } : { username: name };
}

export function filesystemMessage(
  usage: FilesystemUsage,
  nowMs: number,
): MessageInitShape<typeof FilesystemUsageSchema> {
  return {
    timestamp: nanoseconds(nowMs),
    fsId: { mountpoint: usage.mountpoint },
    usedBytes: counter(usage.usedBytes),
    inodesUsed: counter(usage.usedInodes),
  };
}
