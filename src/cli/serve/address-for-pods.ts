import { gatewayOf, parseSubnet } from '../../runtime/network/bridge/subnet.ts';
import { loadNetworkConfig } from '../../runtime/network/cni/conflist.ts';
import { nodeAddresses } from '../keeper/node-addresses.ts';
import type { Settings } from '../settings.ts';

/**
 * The address under which pods find the API server: the node's when it listens on all, else that of our own bridge. Nothing
 * when the network is somebody else's.
 * @param options.ownNetwork whether our own runtime runs the pods
 */
export async function addressForPods(
  settings: Settings,
  listening: string,
  { ownNetwork }: { ownNetwork: boolean },
): Promise<string | undefined> {
  if (listening === '0.0.0.0' || listening === '::') return nodeAddresses(settings.bridge)[0];
  if (!ownNetwork) return undefined;
  const foreign = await loadNetworkConfig(settings.cniConfDir);
  const subnet = foreign === undefined ? parseSubnet(settings.subnet) : undefined;
  return subnet === undefined ? undefined : gatewayOf(subnet);
}
