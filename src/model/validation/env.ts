import type { Container, EnvFromSource, EnvVar, EnvVarSource, EphemeralContainer } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { eachOf } from '../each-of.ts';
import { ENV_FIELDS, validateFieldRef, validateResourceFieldRef } from './field-references.ts';
import { checkConfigKey, checkDnsSubdomain, checkEnvVarName } from './names.ts';
import { checkFilePath, checkNoNul } from './paths.ts';

export function validateEnv(
  errors: FieldErrors,
  container: Container | EphemeralContainer,
  field: string,
): void {
  eachOf(container.env, `${field}.env`, (variable, path) => validateVariable(errors, variable, path));
  eachOf(container.envFrom, `${field}.envFrom`, (source, path) => validateEnvFrom(errors, source, path));
}

function validateVariable(errors: FieldErrors, variable: EnvVar, field: string): void {
  if (variable.name === '') errors.required(`${field}.name`);
  else errors.invalidFor(`${field}.name`, variable.name, checkEnvVarName(variable.name));
  checkNoNul(errors, variable.value ?? '', `${field}.value`);
  if (variable.valueFrom !== undefined) validateValueFrom(errors, variable, variable.valueFrom, field);
}

function validateValueFrom(
  errors: FieldErrors,
  variable: EnvVar,
  from: EnvVarSource,
  variableField: string,
): void {
  const field = `${variableField}.valueFrom`;
  const count = Object.keys(from).length;
  if (count === 0) {
    errors.invalid(
      field,
      '',
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    );
  } else if (variable.value) {
    errors.invalid(field, '', 'may not be specified when `value` is not empty');
  } else if (count > 1) {
    errors.invalid(field, '', 'may not have more than one field specified at a time');
  }
  if (from.fieldRef) validateFieldRef(errors, from.fieldRef, `${field}.fieldRef`, ENV_FIELDS);
  if (from.resourceFieldRef) {
    validateResourceFieldRef(errors, from.resourceFieldRef, `${field}.resourceFieldRef`, false);
  }
  if (from.configMapKeyRef) validateKeyRef(errors, from.configMapKeyRef, `${field}.configMapKeyRef`);
  if (from.secretKeyRef) validateKeyRef(errors, from.secretKeyRef, `${field}.secretKeyRef`);
  if (from.fileKeyRef) checkFilePath(errors, from.fileKeyRef.path, `${field}.fileKeyRef.path`);
}

function validateKeyRef(errors: FieldErrors, reference: { name?: string; key: string }, field: string): void {
  validateObjectName(errors, reference.name, field);
  if (reference.key === '') errors.required(`${field}.key`);
  else errors.invalidFor(`${field}.key`, reference.key, checkConfigKey(reference.key));
}

/** The name of another object that a field refers to. */
export function validateObjectName(errors: FieldErrors, name: string | undefined, field: string): void {
  if (!name) errors.required(`${field}.name`);
  else errors.invalidFor(`${field}.name`, name, checkDnsSubdomain(name));
}

function validateEnvFrom(errors: FieldErrors, source: EnvFromSource, field: string): void {
  if (source.prefix) errors.invalidFor(`${field}.prefix`, source.prefix, checkEnvVarName(source.prefix));
  if (source.configMapRef && source.secretRef) {
    errors.invalid(field, '', 'may not have more than one field specified at a time');
  } else if (!source.configMapRef && !source.secretRef) {
    errors.invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`');
  }
  if (source.configMapRef) validateObjectName(errors, source.configMapRef.name, `${field}.configMapRef`);
  if (source.secretRef) validateObjectName(errors, source.secretRef.name, `${field}.secretRef`);
}
