/** From what a user wrote to what may be created: defaulted, validated, and with nothing that is not supported. */
import type { ConfigMap, PersistentVolumeClaim, Pod, Secret } from '../api/types.ts';
import { defaultConfigMap, defaultPersistentVolumeClaim, defaultSecret } from '../defaults/default-config.ts';
import { type DefaultedPod, defaultPod } from '../defaults/default-pod.ts';
import { assertNoFieldErrors, type FieldError } from '../field-error.ts';
import { refusedClaimFields, refusedFields, refusedWithoutServer } from '../fields/refused-fields.ts';
import { validatePersistentVolumeClaim } from '../validation/persistent-volume-claim.ts';
import { validateConfigMap, validateSecret } from '../validation/validate-config.ts';
import { validatePod } from '../validation/validate-pod.ts';

/** The object with its defaults, and all that is wrong with it. */
export interface Examined<T> {
  readonly object: T;
  readonly errors: readonly FieldError[];
}

export function examinePod(pod: Pod): Examined<DefaultedPod> {
  const object = defaultPod(pod);
  return {
    object,
    errors: [...validatePod(object), ...refusedFields(object), ...refusedWithoutServer(object)],
  };
}

export function examineConfigMap(configMap: ConfigMap): Examined<ConfigMap> {
  const object = defaultConfigMap(configMap);
  return { object, errors: validateConfigMap(object) };
}

export function examineSecret(secret: Secret): Examined<Secret> {
  const object = defaultSecret(secret);
  return { object, errors: validateSecret(object) };
}

export function examineClaim(claim: PersistentVolumeClaim): Examined<PersistentVolumeClaim> {
  const object = defaultPersistentVolumeClaim(claim);
  return { object, errors: [...validatePersistentVolumeClaim(object), ...refusedClaimFields(object)] };
}

/**
 * A pod that may be created.
 * @throws InvalidObjectError with everything that is wrong with it
 */
export function admitPod(pod: Pod): DefaultedPod {
  const { object, errors } = examinePod(pod);
  assertNoFieldErrors('Pod', object.metadata.name, errors);
  return object;
}
