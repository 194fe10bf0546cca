import type { Container, ContainerPort } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { checkIp, checkPortName } from './names.ts';
import { checkPort } from './numbers.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export function validatePorts(
  errors: FieldErrors,
  ports: readonly ContainerPort[] | undefined,
  field: string,
): void {
  const names = new Set<string>();
  for (const [index, port] of (ports ?? []).entries()) {
    const path = `${field}.ports[${index}]`;
    if (port.name) {
      errors.invalidFor(`${path}.name`, port.name, checkPortName(port.name));
      if (names.has(port.name)) errors.duplicate(`${path}.name`, port.name);
      names.add(port.name);
    }
    if (port.containerPort === 0) errors.required(`${path}.containerPort`);
    else checkPort(errors, port.containerPort, `${path}.containerPort`);
    if (port.hostPort) checkPort(errors, port.hostPort, `${path}.hostPort`);
    if (port.hostIP) errors.invalidFor(`${path}.hostIP`, port.hostIP, checkIp(port.hostIP));
    const protocol = port.protocol ?? 'TCP';
    if (protocol === '') errors.required(`${path}.protocol`);
    else if (!PROTOCOLS.includes(protocol)) errors.notSupported(`${path}.protocol`, protocol, PROTOCOLS);
  }
}

/** No two ports of a list of containers may take the same port of the node. */
export function validateHostPorts(
  errors: FieldErrors,
  containers: readonly Container[],
  field: string,
): void {
  const taken = new Set<string>();
  for (const [index, container] of containers.entries()) {
    for (const [at, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue;
      const key = `${port.protocol ?? 'TCP'}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.has(key)) errors.duplicate(`${field}[${index}].ports[${at}].hostPort`, key);
      taken.add(key);
    }
  }
}

/** On the node's network a container cannot listen elsewhere than on the node's port. */
export function validateHostNetworkPorts(
  errors: FieldErrors,
  containers: readonly Container[],
  field: string,
): void {
  for (const [index, container] of containers.entries()) {
    for (const [at, port] of (container.ports ?? []).entries()) {
      if (port.hostPort === port.containerPort) continue;
      errors.invalid(
        `${field}[${index}].ports[${at}].containerPort`,
        port.containerPort,
        'must match `hostPort` when `hostNetwork` is true',
      );
    }
  }
}
