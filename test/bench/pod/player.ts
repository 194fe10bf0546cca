/** Who brings pods up and down in the benchmark, all by the same manifests. */
export interface Player extends AsyncDisposable {
  readonly name: PlayerName;
  /** From the command to all containers running. */
  start(pod: BenchPod): Promise<void>;
  /** Until nothing is left of it. */
  remove(pod: BenchPod): Promise<void>;
}

export type PlayerName = 'peapod' | 'peapod with a server' | 'podman' | 'containerd' | 'bare crun';

export interface BenchPod {
  readonly name: string;
  readonly containers: number;
  /** Its manifest. */
  readonly file: string;
}
