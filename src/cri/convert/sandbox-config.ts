import type { PodMetadata, PodSandboxConfig, PortMapping } from '../../runtime/pod-runtime.ts';
import type {
  PodSandboxConfig as ConfigMessage,
  LinuxContainerResources as ResourcesMessage,
  PodSandboxMetadata,
  PortMapping as PortMessage,
} from '../api/runtime_pb.ts';
import { protocols } from './enums.ts';
import { invalid, required, unsupported } from './invalid.ts';
import { namespacesFrom } from './namespace-options.ts';
import { resourcesFrom } from './resources.ts';
import { sandboxSecurityFrom } from './security-context.ts';

const LONGEST_LABEL = 63;
const MAX_PORT = 65_535;

/**
 * What PodRuntime has to know of a sandbox. Its cgroup is empty where the message names none.
 * @throws PeapodError Invalid, Unsupported
 */
export function sandboxConfigFrom(
  message: ConfigMessage | undefined,
  runtimeHandler: string,
  field = 'config',
): PodSandboxConfig {
  const config = required(message, field);
  if (config.windows !== undefined) unsupported(`${field}.windows`, 'this is Linux');
  const { linux, dnsConfig, logDirectory } = config;
  const security = `${field}.linux.security_context`;
  const namespaces = namespacesFrom(
    linux?.securityContext?.namespaceOptions,
    `${security}.namespace_options`,
  );
  if (namespaces.pid === 'TARGET')
    invalid(`${security}.namespace_options.pid`, 'TARGET', 'is for containers');
  if (logDirectory !== '' && !logDirectory.startsWith('/'))
    invalid(`${field}.log_directory`, logDirectory, 'must be an absolute path');
  const metadata = metadataFrom(config.metadata, `${field}.metadata`);
  return {
    metadata,
    hostname: namespaces.network === 'NODE' ? '' : config.hostname || hostnameOf(metadata),
    logDirectory,
    ...(dnsConfig === undefined
      ? {}
      : { dns: { servers: dnsConfig.servers, searches: dnsConfig.searches, options: dnsConfig.options } }),
    portMappings: config.portMappings
      .map((port, index) => portFrom(port, `${field}.port_mappings[${index}]`))
      .filter(({ hostPort }) => hostPort !== 0),
    labels: config.labels,
    annotations: config.annotations,
    runtimeHandler,
    linux: {
      cgroupParent: linux?.cgroupParent ?? '',
      ...podResources(linux?.overhead, linux?.resources, `${field}.linux`),
      namespaces,
      sysctls: linux?.sysctls ?? {},
      securityContext: sandboxSecurityFrom(linux?.securityContext, security),
    },
  };
}

/** What the pod as a whole is given. */
export function podResources(
  overhead: ResourcesMessage | undefined,
  resources: ResourcesMessage | undefined,
  field: string,
): Pick<PodSandboxConfig['linux'], 'overhead' | 'resources'> {
  return {
    ...(overhead === undefined ? {} : { overhead: resourcesFrom(overhead, `${field}.overhead`) }),
    ...(resources === undefined ? {} : { resources: resourcesFrom(resources, `${field}.resources`) }),
  };
}

function metadataFrom(message: PodSandboxMetadata | undefined, field: string): PodMetadata {
  const { name, namespace, uid, attempt } = required(message, field);
  return {
    name: required(name, `${field}.name`),
    namespace: required(namespace, `${field}.namespace`),
    uid: required(uid, `${field}.uid`),
    attempt,
  };
}

/** For clients that give none: only a pod on the node's network may be without. */
function hostnameOf({ name }: PodMetadata): string {
  return name.slice(0, LONGEST_LABEL).replace(/[^A-Za-z0-9]+$/, '');
}

function portFrom(message: PortMessage, field: string): PortMapping {
  const { containerPort, hostPort, hostIp } = message;
  for (const [name, port] of Object.entries({ container_port: containerPort, host_port: hostPort })) {
    if (port < 0 || port > MAX_PORT) invalid(`${field}.${name}`, port, `must be between 0 and ${MAX_PORT}`);
  }
  const protocol = protocols.word(message.protocol, `${field}.protocol`);
  return { protocol, containerPort, hostPort, hostIp };
}
