import { inspect } from 'node:util';
import type { CriServerOptions } from '../../cri/server/open-cri-server.ts';
import type { LocalRuntime } from '../../runtime/local-runtime.ts';
import type { OciRuntime } from '../../runtime/oci/oci-runtime.ts';
import type { NodeHost } from '../host.ts';

/** A CRI server in front of this machine's runtime. */
export function criOptions({ runtime, clock, settings, paths }: NodeHost): CriServerOptions {
  const { bridge, subnet, cniConfDir, cniBinDirs, nodeName } = settings;
  return {
    runtime,
    clock,
    podCidr: subnet,
    ...('cgroupDriver' in runtime
      ? { cgroupDriver: runtime.cgroupDriver as LocalRuntime['cgroupDriver'] }
      : {}),
    info: {
      nodeName,
      ...('oci' in runtime ? { ociRuntime: (runtime.oci as OciRuntime).path } : {}),
      paths,
      network: { bridge, subnet, confDir: cniConfDir, binDirs: cniBinDirs },
    },
    onBug: (method, error) =>
      process.stderr.write(`${new Date().toISOString()} bug in ${method}: ${inspect(error)}\n`),
  };
}
