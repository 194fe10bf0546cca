import type { ContainerConfig, Device } from '../../runtime/pod-runtime.ts';
import type { ContainerConfig as ConfigMessage, Device as DeviceMessage } from '../api/runtime_pb.ts';
import { signalName } from './enums.ts';
import { invalid, required, unsupported } from './invalid.ts';
import { mountFrom } from './mounts.ts';
import { resourcesFrom } from './resources.ts';
import { containerSecurityFrom } from './security-context.ts';

/**
 * What PodRuntime has to know of a container. Its image is as the message names it, and has to be replaced by its id.
 * @throws PeapodError Invalid, Unsupported
 */
export function containerConfigFrom(message: ConfigMessage | undefined, field = 'config'): ContainerConfig {
  const config = required(message, field);
  if (config.windows !== undefined) unsupported(`${field}.windows`, 'this is Linux');
  const metadata = required(config.metadata, `${field}.metadata`);
  const image = required(config.image?.image, `${field}.image.image`);
  const stopSignal = signalName(config.stopSignal, `${field}.stop_signal`);
  return {
    metadata: { name: required(metadata.name, `${field}.metadata.name`), attempt: metadata.attempt },
    image,
    userImage: config.image?.userSpecifiedImage || image,
    command: config.command,
    args: config.args,
    workingDir: config.workingDir,
    env: config.envs.map(({ key, value }) => ({ name: key, value })),
    mounts: config.mounts.map((mount, index) => mountFrom(mount, `${field}.mounts[${index}]`)),
    devices: config.devices.map((device, index) => deviceFrom(device, `${field}.devices[${index}]`)),
    cdiDevices: config.CDIDevices.map(({ name }, index) =>
      cdiName(name, `${field}.CDI_devices[${index}].name`),
    ),
    labels: config.labels,
    annotations: config.annotations,
    logPath: config.logPath,
    stdin: config.stdin,
    stdinOnce: config.stdinOnce,
    tty: config.tty,
    ...(stopSignal === undefined ? {} : { stopSignal }),
    linux: {
      resources: resourcesFrom(config.linux?.resources, `${field}.linux.resources`),
      securityContext: containerSecurityFrom(
        config.linux?.securityContext,
        `${field}.linux.security_context`,
      ),
    },
  };
}

function deviceFrom({ hostPath, containerPath, permissions }: DeviceMessage, field: string): Device {
  if (!/^[rwm]*$/.test(permissions)) invalid(`${field}.permissions`, permissions, 'must be of r, w and m');
  return {
    hostPath: required(hostPath, `${field}.host_path`),
    containerPath: containerPath || hostPath,
    permissions,
  };
}

function cdiName(name: string, field: string): string {
  if (/^[^/=]+\/[^/=]+=.+$/s.test(name)) return name;
  return invalid(field, name, 'must be VENDOR/CLASS=DEVICE');
}
