import type { Container, ContainerPort } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { Seen } from '../seen.ts';
import { eachOf } from '../each-of.ts';
import { checkIp, checkPortName } from './names.ts';
import { checkPort } from './numbers.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export function validatePorts(
  errors: FieldErrors,
  ports: readonly ContainerPort[] | undefined,
  field: string,
): void {
  const names = new Seen<string>();
  eachOf(ports, `${field}.ports`, (port, path) => {
    if (port.name) {
      errors.invalidFor(`${path}.name`, port.name, checkPortName(port.name));
      if (names.again(port.name)) errors.duplicate(`${path}.name`, port.name);
    }
    if (port.containerPort === 0) errors.required(`${path}.containerPort`);
    else checkPort(errors, port.containerPort, `${path}.containerPort`);
    if (port.hostPort) checkPort(errors, port.hostPort, `${path}.hostPort`);
    if (port.hostIP) errors.invalidFor(`${path}.hostIP`, port.hostIP, checkIp(port.hostIP));
    const protocol = port.protocol ?? 'TCP';
    if (protocol === '') errors.required(`${path}.protocol`);
    else if (!PROTOCOLS.includes(protocol)) errors.notSupported(`${path}.protocol`, protocol, PROTOCOLS);
  });
}

/** No two ports of a list of containers may take the same port of the node. */
export function validateHostPorts(
  errors: FieldErrors,
  containers: readonly Container[] | undefined,
  field: string,
): void {
  const taken = new Seen<string>();
  eachOf(containers, field, (container, containerField) => {
    eachOf(container.ports, `${containerField}.ports`, (port, path) => {
      if (!port.hostPort) return;
      const key = `${port.protocol ?? 'TCP'}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.again(key)) errors.duplicate(`${path}.hostPort`, key);
    });
  });
}

/** On the node's network a container cannot listen elsewhere than on the node's port. */
export function validateHostNetworkPorts(
  errors: FieldErrors,
  containers: readonly Container[] | undefined,
  field: string,
): void {
  eachOf(containers, field, (container, containerField) => {
    eachOf(container.ports, `${containerField}.ports`, ({ hostPort, containerPort }, path) => {
      if (hostPort === containerPort) return;
      const detail = 'must match `hostPort` when `hostNetwork` is true';
      errors.invalid(`${path}.containerPort`, containerPort, detail);
    });
  });
}
