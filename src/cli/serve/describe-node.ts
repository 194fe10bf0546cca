import { readFile } from 'node:fs/promises';
import { arch, release } from 'node:os';
import packageJson from '../../../package.json' with { type: 'json' };
import type { NodeDescription } from '../../agent/node/node-object.ts';
import { allocatableOf } from '../../agent/node/node-reservations.ts';
import type { NodeHost } from '../host.ts';
import { nodeAddresses } from '../keeper/node-addresses.ts';
import { thisNode } from '../run/this-node.ts';
import type { Settings } from '../settings.ts';
import type { AgentConfig } from './config/serve-config.ts';
import { storageResources } from './storage-resources.ts';

const MAX_IMAGES = 50;

/** All that this machine has. */
export async function nodeCapacity(settings: Settings, maxPods: number): Promise<Record<string, string>> {
  return { ...thisNode(settings, maxPods).status?.capacity, ...(await storageResources(settings.root)) };
}

/** How long it is not asked anew: disks grow now and then. */
const CAPACITY_MS = 60_000;

/** Tells of this machine again and again. */
export function nodeDescriber(
  host: Pick<NodeHost, 'settings' | 'runtime' | 'clock'>,
  config: Pick<AgentConfig, 'maxPods' | 'reservations' | 'eviction'>,
): (pressure: NodeDescription['pressure']) => Promise<NodeDescription> {
  let capacity: Record<string, string> = {};
  let askedAt = Number.NEGATIVE_INFINITY;
  return async (pressure) => {
    if (host.clock.now() - askedAt >= CAPACITY_MS) {
      capacity = await nodeCapacity(host.settings, config.maxPods);
      askedAt = host.clock.now();
    }
    return describeNode(host, { ...config, capacity }, pressure);
  };
}

/** This machine as its Node object tells it. */
async function describeNode(
  { settings, runtime }: Pick<NodeHost, 'settings' | 'runtime'>,
  {
    capacity,
    reservations,
    eviction,
  }: Pick<AgentConfig, 'reservations' | 'eviction'> & {
    readonly capacity: Readonly<Record<string, string>>;
  },
  pressure: NodeDescription['pressure'],
): Promise<NodeDescription> {
  const { metadata } = thisNode(settings);
  const read = async (path: string) => (await readFile(path, 'utf8').catch(() => '')).trim();
  const osRelease = await read('/etc/os-release');
  const [images, { runtimeName, runtimeVersion }] = await Promise.all([
    runtime.listImages(),
    runtime.version(),
  ]);
  const architecture = metadata?.labels?.['kubernetes.io/arch'] ?? arch();
  return {
    name: settings.nodeName,
    labels: metadata?.labels ?? {},
    ips: nodeAddresses(settings.bridge),
    capacity,
    allocatable: allocatableOf(capacity, reservations, eviction),
    info: {
      architecture,
      bootID: await read('/proc/sys/kernel/random/boot_id'),
      machineID: await read('/etc/machine-id'),
      systemUUID: await read('/sys/class/dmi/id/product_uuid'),
      containerRuntimeVersion: `${runtimeName}://${runtimeVersion}`,
      kernelVersion: release(),
      kubeProxyVersion: '',
      kubeletVersion: `v1.36.0+peapod-${packageJson.version}`,
      operatingSystem: 'linux',
      osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? 'Linux',
    },
    images: images
      .map(({ repoTags, repoDigests, sizeBytes }) => ({ names: [...repoDigests, ...repoTags], sizeBytes }))
      .filter(({ names }) => names.length > 0)
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, MAX_IMAGES),
    pressure,
  };
}
