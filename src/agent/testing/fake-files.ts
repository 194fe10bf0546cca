import type { NodeFiles } from '../node-files.ts';
import type { PodIdentity } from '../pod-identity.ts';

/** The agent's files, in memory. */
export class FakeFiles implements NodeFiles {
  readonly files = new Map<string, string>();

  logDirectory({ namespace, name, uid }: PodIdentity): string {
    return `/logs/${namespace}_${name}_${uid}`;
  }

  etcHostsPath(podUid: string): string {
    return `/pods/${podUid}/etc-hosts`;
  }

  terminationLogPath(podUid: string, container: string, attempt: number): string {
    return `/pods/${podUid}/containers/${container}/${attempt}`;
  }

  seccompProfilePath(name: string): string {
    return `/seccomp/${name}`;
  }

  async readNodeFile(path: string): Promise<string> {
    return path === '/etc/resolv.conf'
      ? 'nameserver 192.168.0.53\nsearch example.org\n'
      : '127.0.0.1\tlocalhost\n';
  }

  async write(path: string, text: string): Promise<void> {
    this.files.set(path, text);
  }

  async readTail(path: string, maxBytes: number): Promise<string> {
    return (this.files.get(path) ?? '').slice(-maxBytes);
  }

  async removeLog(path: string): Promise<void> {
    this.files.delete(path);
  }

  async owners(): Promise<PodIdentity[]> {
    const uids = [...this.files.keys()].flatMap((path) => /^\/pods\/([^/]+)\//.exec(path)?.[1] ?? []);
    return [...new Set(uids)].map((uid) => ({ namespace: '', name: '', uid }));
  }

  async removePod({ uid }: PodIdentity): Promise<void> {
    for (const path of this.files.keys()) if (path.startsWith(`/pods/${uid}/`)) this.files.delete(path);
  }
}
