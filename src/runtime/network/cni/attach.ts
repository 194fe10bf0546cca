import { PeapodError } from '../../../model/errors.ts';
import type { PodMetadata, PortMapping } from '../../pod-runtime.ts';
import type { NetworkConfig, PluginConfig } from './conflist.ts';
import { type PluginCall, runPlugin } from './run-plugin.ts';

/** Everything that joining a network depends on: what ADD was told, DEL is told again. */
export interface Attachment {
  sandboxId: string;
  metadata: PodMetadata;
  config: NetworkConfig;
  portMappings: readonly PortMapping[];
}

export interface AttachmentResult {
  /** The primary address first. */
  ips: string[];
  /** The plugins' own result, to be handed to DEL. */
  raw: unknown;
}

const INTERFACE = 'eth0';

/** Joins the pod's network namespace to the network: ADD of each plugin in order, each told the result of the one before. */
export async function attach(
  attachment: Attachment,
  netns: string,
  options: { binDirs: readonly string[]; signal?: AbortSignal },
): Promise<AttachmentResult> {
  let raw: unknown;
  for (const plugin of attachment.config.plugins) {
    const config = pluginInput(attachment, plugin, raw);
    raw =
      (await runPlugin(
        plugin.type,
        config,
        call(attachment, 'ADD', netns, options.binDirs),
        abortOf(options),
      )) ?? raw;
  }
  const plugins = attachment.config.plugins.map(({ type }) => type).join(', ');
  return { ips: readAddresses(raw, plugins), raw };
}

/** Gives back what ADD took: DEL of each plugin in reverse order. It is complete also when the namespace is gone. */
export async function detach(
  attachment: Attachment,
  netns: string,
  raw: unknown,
  options: { binDirs: readonly string[]; signal?: AbortSignal },
): Promise<void> {
  for (const plugin of attachment.config.plugins.toReversed()) {
    const config = pluginInput(attachment, plugin, raw);
    await runPlugin(plugin.type, config, call(attachment, 'DEL', netns, options.binDirs), abortOf(options));
  }
}

function abortOf({ signal }: { signal?: AbortSignal }): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function pluginInput(attachment: Attachment, plugin: PluginConfig, prevResult: unknown): unknown {
  const { name, cniVersion } = attachment.config;
  const { capabilities, ...config } = plugin;
  const portMappings = attachment.portMappings.map(({ protocol, hostIp, ...ports }) => ({
    ...ports,
    protocol: protocol.toLowerCase(),
    ...(hostIp === '' ? {} : { hostIP: hostIp }),
  }));
  const wantsPorts = capabilities?.['portMappings'] === true;
  return {
    ...config,
    name,
    cniVersion,
    ...(wantsPorts ? { runtimeConfig: { portMappings } } : {}),
    ...(prevResult === undefined ? {} : { prevResult }),
  };
}

function call(
  attachment: Attachment,
  command: 'ADD' | 'DEL',
  netns: string,
  binDirs: readonly string[],
): PluginCall {
  const { namespace, name, uid } = attachment.metadata;
  const args = [
    'IgnoreUnknown=1',
    `K8S_POD_NAMESPACE=${namespace}`,
    `K8S_POD_NAME=${name}`,
    `K8S_POD_INFRA_CONTAINER_ID=${attachment.sandboxId}`,
    `K8S_POD_UID=${uid}`,
  ];
  return {
    command,
    containerId: attachment.sandboxId,
    netns,
    ifname: INTERFACE,
    args: args.join(';'),
    binDirs,
  };
}

function readAddresses(raw: unknown, plugins: string): string[] {
  const ips = (raw as { ips?: { address?: unknown }[] } | undefined)?.ips;
  if (!Array.isArray(ips))
    throw new PeapodError('NetworkError', `the CNI plugins (${plugins}) gave no list of addresses`);
  return ips.map(({ address }) => {
    if (typeof address !== 'string')
      throw new PeapodError('NetworkError', `the CNI plugins (${plugins}) gave an address that is none`);
    return address.replace(/\/\d+$/, '');
  });
}
