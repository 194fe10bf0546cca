/** CNI network configurations. @see https://www.cni.dev/docs/spec/#section-1-network-configuration-format */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../../model/errors.ts';

export interface PluginConfig {
  type: string;
  capabilities?: Record<string, boolean>;
  [key: string]: unknown;
}

export interface NetworkConfig {
  cniVersion: string;
  name: string;
  plugins: PluginConfig[];
}

/**
 * The network of the first configuration of the folder, by name, as every CRI runtime takes it.
 * @returns undefined when there is no configuration
 * @throws PeapodError NetworkError for one that can't be used
 */
export async function loadNetworkConfig(folder: string): Promise<NetworkConfig | undefined> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const [first] = names.filter((name) => /\.(conflist|conf|json)$/.test(name)).sort();
  if (first === undefined) return undefined;
  const file = join(folder, first);
  return parseNetworkConfig(await readFile(file, 'utf8'), file);
}

export function parseNetworkConfig(text: string, file: string): NetworkConfig {
  const refuse = (why: string): never => {
    throw new PeapodError('NetworkError', `network configuration ${file}: ${why}`);
  };
  let parsed: Partial<NetworkConfig> & PluginConfig;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return refuse((error as Error).message);
  }
  if (typeof parsed !== 'object' || parsed === null) return refuse('must be an object');
  const { name, cniVersion = '0.4.0', plugins = [parsed] } = parsed;
  if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
    return refuse(`invalid name ${JSON.stringify(name)}`);
  if (!Array.isArray(plugins) || plugins.length === 0) return refuse('has no plugins');
  for (const { type } of plugins) {
    if (typeof type !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(type))
      return refuse(`invalid plugin type ${JSON.stringify(type)}`);
  }
  return { name, cniVersion, plugins };
}
