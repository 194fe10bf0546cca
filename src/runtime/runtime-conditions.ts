import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { loadNetworkConfig } from './network/cni/conflist.ts';
import type { OciRuntime } from './oci/oci-runtime.ts';
import type { RuntimeCondition } from './pod-runtime.ts';

/** Whether pods can be run now, in the words of CRI's conditions. */
export async function runtimeConditions(
  oci: OciRuntime,
  network: { confDir: string; binDirs: readonly string[] },
): Promise<RuntimeCondition[]> {
  const trouble = await networkTrouble(network);
  return [
    {
      type: 'RuntimeReady',
      status: true,
      reason: '',
      message: oci.note ? `${oci.name}: ${oci.note}` : oci.name,
    },
    {
      type: 'NetworkReady',
      status: trouble === '',
      reason: trouble === '' ? '' : 'NetworkPluginNotReady',
      message: trouble,
    },
  ];
}

/** Our own network needs nothing; one that the node configures needs its plugins. */
async function networkTrouble({
  confDir,
  binDirs,
}: {
  confDir: string;
  binDirs: readonly string[];
}): Promise<string> {
  let plugins: string[];
  try {
    plugins = (await loadNetworkConfig(confDir))?.plugins.map(({ type }) => type) ?? [];
  } catch (error) {
    return (error as Error).message;
  }
  const missing: string[] = [];
  for (const plugin of plugins) if (!(await isInstalled(plugin, binDirs))) missing.push(plugin);
  return missing.length === 0 ? '' : `CNI plugins are missing: ${missing.join(', ')}`;
}

async function isInstalled(plugin: string, directories: readonly string[]): Promise<boolean> {
  for (const directory of directories) {
    const found = await access(join(directory, plugin)).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
