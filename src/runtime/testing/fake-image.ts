import type { ImageConfig, ImageStatus } from '../pod-runtime.ts';

/** An image as the runtime tells of it. */
export function fakeImage(reference: string, config: Partial<ImageConfig> = {}): ImageStatus {
  return {
    id: `sha256:${Buffer.from(reference).toString('hex').padEnd(64, '0').slice(0, 64)}`,
    repoTags: [reference],
    repoDigests: [],
    sizeBytes: 4096,
    storedAt: 0,
    pinned: false,
    config: {
      user: '',
      env: [],
      entrypoint: ['/run'],
      cmd: [],
      workingDir: '',
      labels: {},
      stopSignal: '',
      volumes: [],
      architecture: 'amd64',
      os: 'linux',
      created: '',
      ...config,
    },
  };
}
