import type { PodSpec, Sysctl } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { Seen } from '../seen.ts';
import { eachOf } from '../each-of.ts';
import { checkSysctlName } from './names.ts';
import { checkId } from './numbers.ts';
import { checkNoControlCharacters } from './paths.ts';
import { validateAppArmor, validateSeccomp } from './security-profiles.ts';

const CHOICES = {
  fsGroupChangePolicy: ['Always', 'OnRootMismatch'],
  supplementalGroupsPolicy: ['Merge', 'Strict'],
  seLinuxChangePolicy: ['MountOption', 'Recursive'],
} as const;
const CHOSEN = Object.keys(CHOICES) as (keyof typeof CHOICES)[];

/** The pod's security context, and which of the node's namespaces it uses. */
export function validatePodSecurity(errors: FieldErrors, spec: PodSpec, specField: string): void {
  validateNamespaces(errors, spec, specField);
  const context = spec.securityContext;
  if (context === undefined) return;
  const field = `${specField}.securityContext`;
  checkId(errors, context.runAsUser, `${field}.runAsUser`);
  checkId(errors, context.runAsGroup, `${field}.runAsGroup`);
  checkId(errors, context.fsGroup, `${field}.fsGroup`);
  eachOf(context.supplementalGroups, `${field}.supplementalGroups`, (group, path) =>
    checkId(errors, group, path),
  );
  for (const name of CHOSEN) {
    const value = context[name];
    const supported: readonly string[] = CHOICES[name];
    if (value !== undefined && !supported.includes(value))
      errors.notSupported(`${field}.${name}`, value, supported);
  }
  validateSeccomp(errors, context.seccompProfile, `${field}.seccompProfile`);
  validateAppArmor(errors, context.appArmorProfile, `${field}.appArmorProfile`);
  validateSysctls(errors, context.sysctls, spec, `${field}.sysctls`);
}

function validateNamespaces(errors: FieldErrors, spec: PodSpec, field: string): void {
  if (spec.hostPID === true && spec.shareProcessNamespace === true) {
    errors.invalid(
      `${field}.shareProcessNamespace`,
      true,
      'ShareProcessNamespace and HostPID cannot both be enabled',
    );
  }
  if (spec.hostUsers !== false) return;
  for (const name of ['hostNetwork', 'hostPID', 'hostIPC'] as const) {
    if (spec[name] === true) errors.forbidden(`${field}.${name}`, 'when `hostUsers` is false');
  }
}

function validateSysctls(
  errors: FieldErrors,
  sysctls: readonly Sysctl[] | undefined,
  spec: PodSpec,
  field: string,
): void {
  const names = new Seen<string>();
  eachOf(sysctls, field, (sysctl, path) => {
    if (sysctl.name === '') errors.required(`${path}.name`);
    else errors.invalidFor(`${path}.name`, sysctl.name, checkSysctlName(sysctl.name));
    const name = sysctl.name.replaceAll('/', '.');
    if (names.again(name)) errors.duplicate(`${path}.name`, sysctl.name);
    checkNoControlCharacters(errors, sysctl.value, `${path}.value`);
    if (spec.hostNetwork === true && name.startsWith('net.')) {
      errors.invalid(`${path}.name`, sysctl.name, "may not be specified when 'hostNetwork' is set to true");
    }
    if (spec.hostIPC === true && /^(?:kernel\.(?:shm|msg|sem)|fs\.mqueue\.)/.test(name)) {
      errors.invalid(`${path}.name`, sysctl.name, "may not be specified when 'hostIPC' is set to true");
    }
  });
}
