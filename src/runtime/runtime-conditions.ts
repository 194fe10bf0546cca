import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { OciRuntime } from './oci/oci-runtime.ts';
import type { RuntimeCondition } from './pod-runtime.ts';

/** What of CNI every network of ours needs. */
const PLUGINS = ['bridge', 'host-local', 'loopback'];

/** Whether pods can be run now, in the words of CRI's conditions. */
export async function runtimeConditions(
  oci: OciRuntime,
  network: { binDirs: readonly string[] },
): Promise<RuntimeCondition[]> {
  const missing: string[] = [];
  for (const plugin of PLUGINS) if (!(await isInstalled(plugin, network.binDirs))) missing.push(plugin);
  return [
    {
      type: 'RuntimeReady',
      status: true,
      reason: '',
      message: oci.note ? `${oci.name}: ${oci.note}` : oci.name,
    },
    {
      type: 'NetworkReady',
      status: missing.length === 0,
      reason: missing.length === 0 ? '' : 'NetworkPluginNotReady',
      message: missing.length === 0 ? '' : `CNI plugins are missing: ${missing.join(', ')}`,
    },
  ];
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
