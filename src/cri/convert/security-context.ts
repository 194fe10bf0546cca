import type { LinuxSecurityContext, SecurityProfile } from '../../runtime/pod-runtime.ts';
import type {
  Int64Value,
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  SecurityProfile as ProfileMessage,
  SELinuxOption,
} from '../api/runtime_pb.ts';
import { groupPolicies, profileTypes } from './enums.ts';
import { invalid, required, unsupported } from './invalid.ts';
import { namespacesFrom } from './namespace-options.ts';
import { toId } from './numbers.ts';

const UNCONFINED: SecurityProfile = { type: 'Unconfined' };

/** @throws PeapodError Invalid, Unsupported */
export function containerSecurityFrom(
  message: LinuxContainerSecurityContext | undefined,
  field: string,
): LinuxSecurityContext {
  if (message === undefined) return { seccomp: UNCONFINED, maskedPaths: [], readonlyPaths: [] };
  const named = message.runAsUsername === '' ? {} : { runAsUsername: message.runAsUsername };
  if ('runAsUsername' in named && message.runAsUser !== undefined)
    invalid(`${field}.run_as_username`, message.runAsUsername, 'may not be set together with run_as_user');
  return {
    ...named,
    ...commonSecurity(message, field, 'runAsUsername' in named),
    addCapabilities: message.capabilities?.addCapabilities ?? [],
    dropCapabilities: message.capabilities?.dropCapabilities ?? [],
    addAmbientCapabilities: message.capabilities?.addAmbientCapabilities ?? [],
    noNewPrivs: message.noNewPrivs,
    ...(message.namespaceOptions === undefined
      ? {}
      : { namespaces: namespacesFrom(message.namespaceOptions, `${field}.namespace_options`) }),
    maskedPaths: message.privileged ? [] : message.maskedPaths,
    readonlyPaths: message.privileged ? [] : message.readonlyPaths,
    ...profile(
      'apparmor',
      message.apparmor ?? oldProfile(message.apparmorProfile, `${field}.apparmor_profile`),
      field,
    ),
  };
}

/** @throws PeapodError Invalid, Unsupported */
export function sandboxSecurityFrom(
  message: LinuxSandboxSecurityContext | undefined,
  field: string,
): LinuxSecurityContext {
  if (message === undefined) return { seccomp: UNCONFINED };
  return { ...commonSecurity(message, field, false), ...profile('apparmor', message.apparmor, field) };
}

interface CommonSecurity {
  privileged: boolean;
  readonlyRootfs: boolean;
  runAsUser?: Int64Value | undefined;
  runAsGroup?: Int64Value | undefined;
  supplementalGroups: bigint[];
  supplementalGroupsPolicy: number;
  selinuxOptions?: SELinuxOption | undefined;
  seccomp?: ProfileMessage | undefined;
  seccompProfilePath: string;
}

function commonSecurity(message: CommonSecurity, field: string, hasUsername: boolean): LinuxSecurityContext {
  const { runAsUser, runAsGroup, selinuxOptions: labels } = message;
  if (runAsGroup !== undefined && runAsUser === undefined && !hasUsername)
    invalid(`${field}.run_as_group`, runAsGroup.value, 'may be set only together with run_as_user');
  if (
    labels !== undefined &&
    [labels.user, labels.role, labels.type, labels.level].some((text) => text !== '')
  )
    unsupported(`${field}.selinux_options`, 'SELinux labels are not applied');
  const seccomp = message.seccomp ?? oldProfile(message.seccompProfilePath, `${field}.seccomp_profile_path`);
  return {
    privileged: message.privileged,
    readonlyRootfs: message.readonlyRootfs,
    ...(runAsUser === undefined ? {} : { runAsUser: toId(runAsUser.value, `${field}.run_as_user`) }),
    ...(runAsGroup === undefined ? {} : { runAsGroup: toId(runAsGroup.value, `${field}.run_as_group`) }),
    supplementalGroups: message.supplementalGroups.map((id) => toId(id, `${field}.supplemental_groups`)),
    supplementalGroupsPolicy: groupPolicies.word(
      message.supplementalGroupsPolicy,
      `${field}.supplemental_groups_policy`,
    ),
    ...profile('seccomp', seccomp, field),
    ...(seccomp === undefined ? { seccomp: UNCONFINED } : {}),
  };
}

type ProfileLike = Pick<ProfileMessage, 'profileType' | 'localhostRef'>;

function profile<Name extends 'seccomp' | 'apparmor'>(
  name: Name,
  message: ProfileLike | undefined,
  field: string,
): { [Key in Name]?: SecurityProfile } {
  if (message === undefined) return {};
  const type = profileTypes.word(message.profileType, `${field}.${name}.profile_type`);
  const at = `${field}.${name}.localhost_ref`;
  if (type !== 'Localhost') {
    if (message.localhostRef !== '')
      invalid(at, message.localhostRef, 'may be set only with profile_type Localhost');
    return { [name]: { type } } as { [Key in Name]?: SecurityProfile };
  }
  const localhostRef = required(message.localhostRef, at);
  if (name === 'seccomp' && !localhostRef.startsWith('/'))
    invalid(at, localhostRef, 'must be an absolute path');
  return { [name]: { type, localhostRef } } as { [Key in Name]?: SecurityProfile };
}

/** As it was written before there were types: `runtime/default`, `unconfined`, `localhost/…`. */
function oldProfile(text: string, field: string): ProfileLike | undefined {
  if (text === '') return undefined;
  const of = (type: 'RuntimeDefault' | 'Unconfined' | 'Localhost', localhostRef = '') => ({
    profileType: profileTypes.value(type),
    localhostRef,
  });
  if (text === 'runtime/default' || text === 'docker/default') return of('RuntimeDefault');
  if (text === 'unconfined') return of('Unconfined');
  if (text.startsWith('localhost/')) return of('Localhost', text.slice('localhost/'.length));
  return invalid(field, text, 'must be runtime/default, unconfined or localhost/PROFILE');
}
