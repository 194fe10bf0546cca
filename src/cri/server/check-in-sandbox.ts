import { existsSync } from 'node:fs';
import type { IdMapping, PodSandboxStatus } from '../../runtime/pod-runtime.ts';
import type { ContainerConfig, IDMapping, NamespaceOption } from '../api/runtime_pb.ts';
import { namespacesFrom } from '../convert/namespace-options.ts';
import { invalid, unsupported } from '../convert/invalid.ts';

/** The kernel's directory for SELinux, there only while it is on. */
const SELINUX = '/sys/fs/selinux/enforce';

/**
 * What a container says of its pod has to be so, for it cannot be otherwise.
 * @throws PeapodError Invalid, Unsupported
 */
export function checkInSandbox(
  { mounts, linux }: ContainerConfig,
  sandbox: PodSandboxStatus,
  hasSelinux: () => boolean = () => existsSync(SELINUX),
): void {
  const field = 'config.linux.security_context';
  if (linux?.securityContext?.privileged === true && sandbox.privileged === false)
    invalid(`${field}.privileged`, true, 'the sandbox was not made to have privileged containers');
  checkNamespaces(linux?.securityContext?.namespaceOptions, sandbox, `${field}.namespace_options`);
  for (const [index, { uidMappings, gidMappings, selinuxRelabel }] of mounts.entries()) {
    const mount = `config.mounts[${index}]`;
    const { uids = [], gids = [] } = sandbox.namespaces.userns ?? {};
    checkMappings(uidMappings, uids, `${mount}.uidMappings`);
    checkMappings(gidMappings, gids, `${mount}.gidMappings`);
    // Without SELinux nothing has a label, and clients ask for one as a matter of course.
    if (selinuxRelabel && hasSelinux())
      unsupported(`${mount}.selinux_relabel`, 'SELinux labels are not applied');
  }
}

function checkNamespaces(
  message: NamespaceOption | undefined,
  { namespaces }: PodSandboxStatus,
  field: string,
): void {
  if (message === undefined) return;
  const asked = namespacesFrom(message, field);
  // The pod's is what the sandbox has, whichever that is.
  for (const name of ['network', 'ipc'] as const)
    if (asked[name] === 'NODE' && namespaces[name] !== 'NODE')
      invalid(`${field}.${name}`, 'NODE', 'the sandbox has one of its own');
  if (asked.userns === undefined) return;
  checkMappings(asked.userns.uids, namespaces.userns?.uids ?? [], `${field}.userns_options.uids`);
  checkMappings(asked.userns.gids, namespaces.userns?.gids ?? [], `${field}.userns_options.gids`);
}

/** None is allowed too. */
function checkMappings(
  asked: readonly (IDMapping | IdMapping)[],
  own: readonly IdMapping[],
  field: string,
): void {
  if (asked.length > 0 && text(asked) !== text(own)) invalid(field, text(asked), "must be the sandbox's");
}

function text(mappings: readonly (IDMapping | IdMapping)[]): string {
  return mappings
    .map(({ containerId, hostId, length }) => `${containerId}:${hostId}:${length}`)
    .sort()
    .join(',');
}
