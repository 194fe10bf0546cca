import type { PathHandlers } from './path-handlers.ts';
import { sendJson } from './respond.ts';

/** The version of Kubernetes whose API this is. */
export const KUBERNETES_VERSION = { major: '1', minor: '36' } as const;

const PLATFORM_ARCHITECTURES: Partial<Record<string, string>> = { x64: 'amd64' };

/** `gitVersion` is what kubectl compares with its own, so it is Kubernetes' with ours behind it. */
export function addVersion(paths: PathHandlers, peapodVersion: string): void {
  const { major, minor } = KUBERNETES_VERSION;
  const architecture = PLATFORM_ARCHITECTURES[process.arch] ?? process.arch;
  const version = {
    major,
    minor,
    gitVersion: `v${major}.${minor}.0+peapod-${peapodVersion}`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: `node${process.versions.node}`,
    compiler: 'v8',
    platform: `linux/${architecture}`,
  };
  paths.at('/version', (_request, response) => sendJson(response, 200, version));
}
