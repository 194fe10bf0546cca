import type { PodIdentity } from './pod-identity.ts';

/** The few files of the node that the agent itself has to do with. */
export interface NodeFiles {
  /** Absolute: where the logs of the pod's containers go. */
  logDirectory(pod: PodIdentity): string;
  etcHostsPath(podUid: string): string;
  terminationLogPath(podUid: string, container: string, attempt: number): string;
  /** Where `localhostProfile: name` of a seccomp profile is looked for; absolute. */
  seccompProfilePath(name: string): string;
  /** The node's own `/etc/hosts` or `/etc/resolv.conf`; empty when there is none. */
  readNodeFile(path: '/etc/hosts' | '/etc/resolv.conf'): Promise<string>;
  /** Replaces the file at once; one that holds just that stays the same file. Directories are made. */
  write(path: string, text: string, options: { mode: number }): Promise<void>;
  /** The end of a file; empty when there is none. No link is followed. */
  readTail(path: string, maxBytes: number): Promise<string>;
  /** Removes a log and what rotation made of it. */
  removeLog(path: string): Promise<void>;
  /** Of whom there are files or logs; the name is empty where there are no logs. */
  owners(): Promise<PodIdentity[]>;
  /** Removes all files that the agent made for a pod, its logs too. */
  removePod(pod: PodIdentity): Promise<void>;
}
