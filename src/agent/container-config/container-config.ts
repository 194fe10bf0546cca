import type { Pod } from '../../model/api/types.ts';
import { containerCgroupSettings } from '../../model/cgroup-arithmetic.ts';
import { expandVariables } from '../../model/env/expand-variables.ts';
import type {
  ContainerConfig,
  ImageStatus,
  LinuxContainerResources,
  Mount,
  NamespaceOptions,
} from '../../runtime/pod-runtime.ts';
import { type ContainerStart, containerAnnotations, containerLabels } from '../container-labels.ts';
import type { SpecContainer } from '../spec-containers.ts';
import { containerSecurityContext } from './security-context.ts';

export interface ContainerFacts {
  start: ContainerStart;
  image: ImageStatus;
  env: ReadonlyMap<string, string>;
  /** Of volumes, `/etc/hosts`, and the termination log. */
  mounts: readonly Mount[];
  namespaces: NamespaceOptions;
  nodeMemoryBytes: number;
  seccompProfilePath: (name: string) => string;
}

/**
 * What the runtime has to know of a container to make it.
 * @throws PeapodError CreateContainerConfigError
 */
export function containerConfig(
  pod: Pod,
  { name, spec }: SpecContainer,
  facts: ContainerFacts,
): ContainerConfig {
  const expand = (text: string): string => expandVariables(text, (variable) => facts.env.get(variable));
  const stopSignal = spec.lifecycle?.stopSignal;
  return {
    metadata: { name, attempt: facts.start.attempt },
    image: facts.image.id,
    userImage: spec.image ?? '',
    command: (spec.command ?? []).map(expand),
    args: (spec.args ?? []).map(expand),
    workingDir: spec.workingDir ?? '',
    env: [...facts.env].map(([name, value]) => ({ name, value })),
    mounts: [...facts.mounts],
    devices: [],
    labels: containerLabels(pod, name),
    annotations: containerAnnotations(pod, spec, facts.start),
    logPath: `${name}/${facts.start.attempt}.log`,
    stdin: spec.stdin === true,
    stdinOnce: spec.stdinOnce === true,
    tty: spec.tty === true,
    ...(stopSignal === undefined ? {} : { stopSignal }),
    linux: {
      resources: containerResources(pod, spec, facts.nodeMemoryBytes),
      securityContext: containerSecurityContext(pod, spec, {
        imageUser: facts.image.config.user,
        namespaces: facts.namespaces,
        seccompProfilePath: facts.seccompProfilePath,
      }),
    },
  };
}

export function containerResources(
  pod: Pod,
  spec: SpecContainer['spec'],
  nodeMemoryBytes: number,
): LinuxContainerResources {
  return containerCgroupSettings(pod, spec, nodeMemoryBytes);
}
