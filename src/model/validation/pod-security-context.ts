import type { PodSpec, Sysctl } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { checkSysctlName } from './names.ts';
import { checkId } from './numbers.ts';
import { checkNoControlCharacters } from './paths.ts';
import { validateAppArmor, validateSeccomp } from './security-profiles.ts';

/** The pod's security context, and which of the node's namespaces it uses. */
export function validatePodSecurity(errors: FieldErrors, spec: PodSpec, specField: string): void {
  validateNamespaces(errors, spec, specField);
  const context = spec.securityContext;
  if (context === undefined) return;
  const field = `${specField}.securityContext`;
  checkId(errors, context.runAsUser, `${field}.runAsUser`);
  checkId(errors, context.runAsGroup, `${field}.runAsGroup`);
  checkId(errors, context.fsGroup, `${field}.fsGroup`);
  for (const [index, group] of (context.supplementalGroups ?? []).entries()) {
    checkId(errors, group, `${field}.supplementalGroups[${index}]`);
  }
  const choices = {
    fsGroupChangePolicy: ['Always', 'OnRootMismatch'],
    supplementalGroupsPolicy: ['Merge', 'Strict'],
    seLinuxChangePolicy: ['MountOption', 'Recursive'],
  } as const;
  for (const name of Object.keys(choices) as (keyof typeof choices)[]) {
    const value = context[name];
    const supported: readonly string[] = choices[name];
    if (value !== undefined && !supported.includes(value))
      errors.notSupported(`${field}.${name}`, value, supported);
  }
  validateSeccomp(errors, context.seccompProfile, `${field}.seccompProfile`);
  validateAppArmor(errors, context.appArmorProfile, `${field}.appArmorProfile`);
  validateSysctls(errors, context.sysctls ?? [], spec, `${field}.sysctls`);
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
  sysctls: readonly Sysctl[],
  spec: PodSpec,
  field: string,
): void {
  const names = new Set<string>();
  for (const [index, sysctl] of sysctls.entries()) {
    const path = `${field}[${index}]`;
    if (sysctl.name === '') errors.required(`${path}.name`);
    else errors.invalidFor(`${path}.name`, sysctl.name, checkSysctlName(sysctl.name));
    const name = sysctl.name.replaceAll('/', '.');
    if (names.has(name)) errors.duplicate(`${path}.name`, sysctl.name);
    names.add(name);
    checkNoControlCharacters(errors, sysctl.value, `${path}.value`);
    if (spec.hostNetwork === true && name.startsWith('net.')) {
      errors.invalid(`${path}.name`, sysctl.name, "may not be specified when 'hostNetwork' is set to true");
    }
    if (spec.hostIPC === true && /^(?:kernel\.(?:shm|msg|sem)|fs\.mqueue\.)/.test(name)) {
      errors.invalid(`${path}.name`, sysctl.name, "may not be specified when 'hostIPC' is set to true");
    }
  }
}
