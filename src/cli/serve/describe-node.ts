import { readFile } from 'node:fs/promises';
import { arch, release } from 'node:os';
import packageJson from '../../../package.json' with { type: 'json' };
import type { NodeDescription } from '../../agent/node/node-object.ts';
import { allocatableOf } from '../../agent/node/node-reservations.ts';
import type { ImageStatus } from '../../runtime/pod-runtime.ts';
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

/** What of a machine changes now and then: disks grow, addresses come. */
interface SlowFacts extends Pick<NodeDescription, 'capacity' | 'ips' | 'labels'> {
  readonly info: Omit<NodeDescription['info'], 'containerRuntimeVersion'>;
}

/** How long these are not asked anew: of a machine with many pods the list of its interfaces alone is long. */
const SLOW_FACTS_MS = 60_000;

/** The kubelet's: so old may be what is told of images. */
const IMAGES_MS = 30_000;

/** Tells of this machine again and again. */
export function nodeDescriber(
  host: Pick<NodeHost, 'settings' | 'runtime' | 'clock'>,
  config: Pick<AgentConfig, 'maxPods' | 'reservations' | 'eviction'>,
): (pressure: NodeDescription['pressure']) => Promise<NodeDescription> {
  const { settings, runtime, clock } = host;
  let listed: { readonly images: readonly ImageStatus[]; readonly at: number } | undefined;
  let known: { readonly facts: SlowFacts; readonly askedAt: number } | undefined;
  return async (pressure) => {
    const isFresh = known !== undefined && clock.now() - known.askedAt < SLOW_FACTS_MS;
    // A machine that starts up gets its addresses any moment.
    if (known === undefined || !isFresh || known.facts.ips.length === 0)
      known = { facts: await slowFacts(settings, config.maxPods), askedAt: clock.now() };
    const { capacity, info, ...facts } = known.facts;
    if (listed === undefined || clock.now() - listed.at >= IMAGES_MS)
      listed = { images: await runtime.listImages(), at: clock.now() };
    const { images } = listed;
    const { runtimeName, runtimeVersion } = await runtime.version();
    return {
      name: settings.nodeName,
      ...facts,
      capacity,
      allocatable: allocatableOf(capacity, config.reservations, config.eviction),
      info: { ...info, containerRuntimeVersion: `${runtimeName}://${runtimeVersion}` },
      images: images
        .map(({ repoTags, repoDigests, sizeBytes }) => ({ names: [...repoDigests, ...repoTags], sizeBytes }))
        .filter(({ names }) => names.length > 0)
        .sort((a, b) => b.sizeBytes - a.sizeBytes)
        .slice(0, MAX_IMAGES),
      pressure,
    };
  };
}

async function slowFacts(settings: Settings, maxPods: number): Promise<SlowFacts> {
  const { metadata } = thisNode(settings);
  const labels = metadata?.labels ?? {};
  const read = async (path: string) => (await readFile(path, 'utf8').catch(() => '')).trim();
  return {
    capacity: await nodeCapacity(settings, maxPods),
    ips: nodeAddresses(settings.bridge),
    labels,
    info: {
      architecture: labels['kubernetes.io/arch'] ?? arch(),
      bootID: await read('/proc/sys/kernel/random/boot_id'),
      machineID: await read('/etc/machine-id'),
      systemUUID: await read('/sys/class/dmi/id/product_uuid'),
      kernelVersion: release(),
      kubeProxyVersion: '',
      kubeletVersion: `v1.36.0+peapod-${packageJson.version}`,
      operatingSystem: 'linux',
      osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(await read('/etc/os-release'))?.[1] ?? 'Linux',
    },
  };
}
