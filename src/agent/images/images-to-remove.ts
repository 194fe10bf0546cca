export interface ImageGcPolicy {
  /** Images are removed when the disk is fuller than this, */
  readonly highThresholdPercent: number;
  /** until it is no fuller than this. */
  readonly lowThresholdPercent: number;
  /** None that was found here more recently. */
  readonly minimumAgeMs: number;
}

/** The kubelet's. */
export const DEFAULT_IMAGE_GC: ImageGcPolicy = {
  highThresholdPercent: 85,
  lowThresholdPercent: 80,
  minimumAgeMs: 120_000,
};

export interface KnownImage {
  readonly id: string;
  readonly sizeBytes: number;
  readonly pinned: boolean;
  /** Milliseconds since the epoch. */
  readonly firstDetected: number;
  /** When it was last seen in use; 0: never. */
  readonly lastUsed: number;
}

export interface DiskRoom {
  readonly capacityBytes: number;
  readonly availableBytes: number;
}

export interface ImageGcPlan {
  /** In the order in which to remove them; each with what that frees. */
  readonly remove: readonly KnownImage[];
  /** How much is to be freed; 0 when there is room enough. */
  readonly wantedBytes: number;
}

/**
 * Which images have to go so that the disk has room: those that were not used for the longest time first.
 * @see kubernetes/pkg/kubelet/images/image_gc_manager.go
 */
export function imagesToRemove(
  images: readonly KnownImage[],
  inUse: ReadonlySet<string>,
  { capacityBytes, availableBytes }: DiskRoom,
  policy: ImageGcPolicy,
  nowMs: number,
): ImageGcPlan {
  const usedPercent = capacityBytes > 0 ? 100 - Math.floor((availableBytes * 100) / capacityBytes) : 0;
  if (usedPercent < policy.highThresholdPercent) return { remove: [], wantedBytes: 0 };
  const keptFree = Math.floor((capacityBytes * (100 - policy.lowThresholdPercent)) / 100);
  const wantedBytes = Math.max(0, keptFree - availableBytes);
  const candidates = images
    .filter(({ id, pinned, firstDetected }) => {
      return !pinned && !inUse.has(id) && nowMs - firstDetected >= policy.minimumAgeMs;
    })
    .sort((a, b) => a.lastUsed - b.lastUsed || a.firstDetected - b.firstDetected);
  const remove: KnownImage[] = [];
  let freed = 0;
  for (const image of candidates) {
    if (freed >= wantedBytes) break;
    remove.push(image);
    freed += image.sizeBytes;
  }
  return { remove, wantedBytes };
}
