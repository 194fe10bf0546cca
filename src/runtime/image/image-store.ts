/** The images of one machine: pulled or loaded once, shared by every container and every process that uses the store. */
import type { Readable } from 'node:stream';
import type { CallOptions, FilesystemUsage, ImageStatus, PullOptions, PullProgress } from '../pod-runtime.ts';

/**
 * Several processes may use one store at a time, and each call may be cut off at any instant: what is there is whole.
 * Errors are PeapodErrors: InvalidImageName, ImageNotFound, ImageUnauthorized, ImageCorrupt, RegistryUnavailable, NoSpace,
 * Unsupported.
 */
export interface ImageStore {
  listImages(options?: CallOptions): Promise<ImageStatus[]>;
  /** By tag, digest, id, or the first twelve or more digits of an id; nothing when it is not there. */
  imageStatus(reference: string, options?: CallOptions): Promise<ImageStatus | undefined>;
  pullImage(reference: string, options?: CallOptions & PullOptions): Promise<ImageStatus>;
  /**
   * By id: the image with all its names. By name: that name, and the image with its last one. Gone is fine.
   * @throws PeapodError FailedPrecondition when a container uses the image and it would be gone
   */
  removeImage(reference: string, options?: CallOptions): Promise<void>;
  imageFsInfo(options?: CallOptions): Promise<FilesystemUsage>;

  /** Takes the images out of a docker-archive or oci-archive, compressed or not. */
  load(archive: Readable | string, options?: CallOptions & LoadOptions): Promise<ImageStatus[]>;
  /** Makes an image of one layer from a tar of a root file system, compressed or not. */
  importRootfs(
    tar: Readable | string,
    options?: CallOptions & { reference?: string; config?: ImageConfigChanges },
  ): Promise<ImageStatus>;
  /** Gives an image one more name. @throws PeapodError ImageNotFound */
  tag(source: string, target: string, options?: CallOptions): Promise<ImageStatus>;

  /**
   * The image's unpacked layers as overlayfs wants them in `lowerdir`: absolute directories, the topmost first.
   * They stay as long as the image does: make it known to `inUse` before.
   * @throws PeapodError ImageNotFound
   */
  rootfsLayers(imageId: string): Promise<string[]>;
  /**
   * Deletes layers and blobs that no image refers to, and what crashes left. Does nothing while a pull or a load goes on in
   * any process, for that may be about to refer to them; whoever comes next does it then.
   */
  gc(options?: CallOptions): Promise<void>;
}

export interface LoadOptions {
  /** The name of an image that the archive gives none; alone in it then. */
  reference?: string;
  onProgress?: (progress: PullProgress) => void;
}

/** What a container of the image starts with. Absent: nothing said. */
export interface ImageConfigChanges {
  user?: string;
  /** `NAME=value` */
  env?: string[];
  entrypoint?: string[];
  cmd?: string[];
  workingDir?: string;
  labels?: Record<string, string>;
  stopSignal?: string;
  volumes?: string[];
  exposedPorts?: string[];
}
