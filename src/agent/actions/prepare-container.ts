import type { ConfigMap, Secret } from '../../model/api/types.ts';
import { containerEnv, envReferences } from '../../model/env/container-env.ts';
import { PeapodError } from '../../model/errors.ts';
import type { ContainerConfig, ImageStatus, Mount, PodSandboxStatus } from '../../runtime/pod-runtime.ts';
import { containerConfig } from '../container-config/container-config.ts';
import { ETC_HOSTS, etcHosts, mountsEtcHosts } from '../container-config/etc-hosts.ts';
import { podHostname } from '../container-config/pod-hostname.ts';
import { podNamespaces } from '../container-config/security-context.ts';
import { eventTexts } from '../events/event-texts.ts';
import type { StartContainer } from '../planner/action.ts';
import { podIdentity } from '../pod-identity.ts';
import type { SpecContainer } from '../spec-containers.ts';
import { withAddresses } from '../status/pod-addresses.ts';
import { kubernetesServiceVariables } from '../../model/env/service-variables.ts';
import { nodeAllocatable } from './node-allocatable.ts';
import type { PodContext } from './pod-context.ts';

/**
 * Gathers all that one container is made of: environment, mounts, `/etc/hosts`, its termination log.
 * @throws PeapodError CreateContainerConfigError, VolumeError
 */
export async function prepareContainer(
  action: StartContainer,
  container: SpecContainer,
  image: ImageStatus,
  context: PodContext,
): Promise<ContainerConfig> {
  const { deps, observed } = context;
  const sandbox = observed.sandboxes.find(({ id }) => id === action.sandboxId);
  const pod = withAddresses(context.pod, sandbox?.ips ?? [], deps.node.ips);
  const env = await resolveEnv(container, { ...context, pod });
  const mounts = [
    ...(await deps.volumes.mountsFor(pod, container.spec, env)),
    ...(await etcHostsMount(container, sandbox, context)),
    ...(await terminationLogMount(container, action.attempt, context)),
  ];
  const targetId = targetContainer(container, context);
  return containerConfig(pod, container, {
    start: { attempt: action.attempt, backoff: action.backoff },
    image,
    env,
    mounts,
    namespaces: podNamespaces(pod.spec, {
      ...(targetId === undefined ? {} : { targetId }),
      ...(sandbox?.namespaces.userns === undefined ? {} : { userns: sandbox.namespaces.userns }),
    }),
    nodeMemoryBytes: deps.node.memoryBytes,
    seccompProfilePath: (name) => deps.files.seccompProfilePath(name),
  });
}

async function resolveEnv(
  container: SpecContainer,
  context: PodContext,
): Promise<ReadonlyMap<string, string>> {
  const { deps, pod, events } = context;
  const { namespace } = podIdentity(pod);
  const { apiServer } = deps.node;
  const references = envReferences(container.spec);
  const configMaps = new Map<string, ConfigMap | undefined>();
  const secrets = new Map<string, Secret | undefined>();
  for (const name of references.configMaps)
    configMaps.set(name, await deps.client.getConfigMap(namespace, name));
  for (const name of references.secrets) secrets.set(name, await deps.client.getSecret(namespace, name));
  const { variables, skipped } = containerEnv(pod, container.spec, {
    configMap: (name) => configMaps.get(name),
    secret: (name) => secrets.get(name),
    nodeAllocatable: nodeAllocatable(deps.node),
    ...(apiServer === undefined
      ? {}
      : { service: kubernetesServiceVariables(apiServer.host, apiServer.port) }),
  });
  for (const { kind, name, keys } of skipped) {
    events.record(pod, eventTexts.invalidVariableNames(container, keys, kind, `${namespace}/${name}`));
  }
  return variables;
}

async function etcHostsMount(
  { spec }: SpecContainer,
  sandbox: PodSandboxStatus | undefined,
  { deps, pod }: PodContext,
): Promise<Mount[]> {
  if (!mountsEtcHosts(spec.volumeMounts ?? [])) return [];
  const path = deps.files.etcHostsPath(podIdentity(pod).uid);
  const nodeHosts = pod.spec?.hostNetwork === true ? await deps.files.readNodeFile('/etc/hosts') : '';
  const names = podHostname(pod, deps.node.clusterDomain);
  await deps.files.write(path, etcHosts(pod, names, sandbox?.ips ?? [], nodeHosts), { mode: 0o644 });
  return [bind(ETC_HOSTS, path, spec.securityContext?.readOnlyRootFilesystem === true)];
}

/** An empty file of its own for every instance, which it may write and the agent reads. */
async function terminationLogMount(
  { name, spec }: SpecContainer,
  attempt: number,
  { deps, pod }: PodContext,
): Promise<Mount[]> {
  if (spec.terminationMessagePath === undefined || spec.terminationMessagePath === '') return [];
  const path = deps.files.terminationLogPath(podIdentity(pod).uid, name, attempt);
  await deps.files.write(path, '', { mode: 0o666 });
  return [bind(spec.terminationMessagePath, path, false)];
}

function bind(containerPath: string, hostPath: string, readonly: boolean): Mount {
  const source = { hostPath };
  return { containerPath, source, readonly, recursiveReadOnly: false, propagation: 'PRIVATE', idmap: true };
}

function targetContainer({ spec }: SpecContainer, { observed }: PodContext): string | undefined {
  const name = 'targetContainerName' in spec ? spec.targetContainerName : undefined;
  if (name === undefined || name === '') return undefined;
  const target = observed.containers.find(
    ({ metadata, state }) => metadata.name === name && state === 'CONTAINER_RUNNING',
  );
  if (target !== undefined) return target.id;
  throw new PeapodError('CreateContainerConfigError', `unable to find target container "${name}"`, {
    retryable: true,
  });
}
