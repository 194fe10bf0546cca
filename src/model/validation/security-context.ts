import type { PodSpec, SecurityContext } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { checkId } from './numbers.ts';
import { validateAppArmor, validateSeccomp } from './security-profiles.ts';

/** Of one container. */
export function validateSecurityContext(
  errors: FieldErrors,
  context: SecurityContext | undefined,
  spec: PodSpec,
  containerField: string,
): void {
  if (context === undefined) return;
  const field = `${containerField}.securityContext`;
  checkId(errors, context.runAsUser, `${field}.runAsUser`);
  checkId(errors, context.runAsGroup, `${field}.runAsGroup`);
  validateSeccomp(errors, context.seccompProfile, `${field}.seccompProfile`);
  validateAppArmor(errors, context.appArmorProfile, `${field}.appArmorProfile`);
  const { procMount } = context;
  if (procMount !== undefined && procMount !== '') {
    if (procMount !== 'Default' && procMount !== 'Unmasked') {
      errors.notSupported(`${field}.procMount`, procMount, ['Default', 'Unmasked']);
    }
    if (procMount === 'Unmasked' && spec.hostUsers !== false) {
      errors.invalid(`${field}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`');
    }
  }
  if (context.allowPrivilegeEscalation !== false) return;
  if (context.privileged === true) {
    errors.invalid(field, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true');
  }
  if (context.capabilities?.add?.some((name) => name === 'CAP_SYS_ADMIN')) {
    errors.invalid(
      field,
      context,
      'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
    );
  }
}
