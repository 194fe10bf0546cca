/** Images: what they are, and how they are pulled. */

export interface ImageStatus {
  /** `sha256:…`, the digest of the image's configuration. */
  id: string;
  repoTags: string[];
  repoDigests: string[];
  /** Of all layers, unpacked. */
  sizeBytes: number;
  /** When the image was first stored here, milliseconds since the epoch. */
  storedAt: number;
  config: ImageConfig;
  pinned: boolean;
}

/** The part of an OCI image configuration that a container inherits. */
export interface ImageConfig {
  user: string;
  env: string[];
  entrypoint: string[];
  cmd: string[];
  workingDir: string;
  labels: Record<string, string>;
  stopSignal: string;
  volumes: string[];
  architecture: string;
  os: string;
  created: string;
}

export interface PullOptions {
  /** Overrides what the credential files say. */
  auth?:
    | { username: string; password: string }
    /** A bearer token, shown as it is. */
    | { token: string }
    /** Exchanged for one at the registry's token server. */
    | { identityToken: string };
  onProgress?: (progress: PullProgress) => void;
}

export interface PullProgress {
  layerDigest: string;
  phase: 'waiting' | 'downloading' | 'unpacking' | 'done' | 'present';
  currentBytes: number;
  totalBytes: number;
}
