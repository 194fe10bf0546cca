import type { Container, EphemeralContainer, Pod } from '../model/api/types.ts';
import { isSidecar } from '../model/pod-requests.ts';

/** `sidecar`: an init container with `restartPolicy: Always`. */
export type ContainerKind = 'init' | 'sidecar' | 'app' | 'ephemeral';

export interface SpecContainer {
  readonly kind: ContainerKind;
  readonly name: string;
  readonly spec: Container | EphemeralContainer;
}

/** All containers that the pod's spec names: init containers and sidecars in their order, then app, then ephemeral ones. */
export function specContainers(pod: Pod): SpecContainer[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [
    ...initContainers.map((spec) => entry(isSidecar(spec) ? 'sidecar' : 'init', spec)),
    ...containers.map((spec) => entry('app', spec)),
    ...ephemeralContainers.map((spec) => entry('ephemeral', spec)),
  ];
}

export function findSpecContainer(pod: Pod, name: string): SpecContainer | undefined {
  return specContainers(pod).find((container) => container.name === name);
}

/** `spec.initContainers{name}`, as events name what they are about. */
export function containerFieldPath({ kind, name }: SpecContainer): string {
  switch (kind) {
    case 'app':
      return `spec.containers{${name}}`;
    case 'ephemeral':
      return `spec.ephemeralContainers{${name}}`;
    case 'init':
    case 'sidecar':
      return `spec.initContainers{${name}}`;
  }
}

function entry(kind: ContainerKind, spec: Container | EphemeralContainer): SpecContainer {
  return { kind, name: spec.name, spec };
}
