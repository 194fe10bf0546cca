import type { Container, EphemeralContainer, VolumeMount } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { Seen } from '../seen.ts';
import { eachOf } from '../each-of.ts';
import { checkDescendingPath, checkNoBacksteps, checkNoNul } from './paths.ts';

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE = ['Disabled', 'Enabled', 'IfPossible'];

/** @param volumes the names of the pod's volumes */
export function validateVolumeMounts(
  errors: FieldErrors,
  container: Container | EphemeralContainer,
  volumes: ReadonlySet<string>,
  containerField: string,
): void {
  const paths = new Seen<string>();
  eachOf(container.volumeMounts, `${containerField}.volumeMounts`, (mount, field) => {
    if (mount.name === '') errors.required(`${field}.name`);
    else if (!volumes.has(mount.name)) errors.notFound(`${field}.name`, mount.name);
    if (mount.mountPath === '') errors.required(`${field}.mountPath`);
    checkNoBacksteps(errors, mount.mountPath, `${field}.mountPath`);
    checkNoNul(errors, mount.mountPath, `${field}.mountPath`);
    if (paths.again(mount.mountPath)) errors.invalid(`${field}.mountPath`, mount.mountPath, 'must be unique');
    validateSubPath(errors, mount, field);
    validatePropagation(errors, mount, container.securityContext?.privileged === true, field);
    validateRecursiveReadOnly(errors, mount, field);
  });
}

function validateSubPath(errors: FieldErrors, mount: VolumeMount, field: string): void {
  if (mount.subPath) checkDescendingPath(errors, mount.subPath, `${field}.subPath`);
  if (!mount.subPathExpr) return;
  if (mount.subPath) {
    errors.invalid(
      `${field}.subPathExpr`,
      mount.subPathExpr,
      'subPathExpr and subPath are mutually exclusive',
    );
  }
  checkDescendingPath(errors, mount.subPathExpr, `${field}.subPathExpr`);
}

function validatePropagation(
  errors: FieldErrors,
  mount: VolumeMount,
  privileged: boolean,
  field: string,
): void {
  const propagation = mount.mountPropagation;
  if (propagation === undefined) return;
  if (!PROPAGATIONS.includes(propagation)) {
    errors.notSupported(`${field}.mountPropagation`, propagation, PROPAGATIONS);
  }
  if (propagation === 'Bidirectional' && !privileged) {
    errors.forbidden(
      `${field}.mountPropagation`,
      'Bidirectional mount propagation is available only to privileged containers',
    );
  }
}

function validateRecursiveReadOnly(errors: FieldErrors, mount: VolumeMount, field: string): void {
  const mode = mount.recursiveReadOnly;
  if (mode === undefined) return;
  const path = `${field}.recursiveReadOnly`;
  if (!RECURSIVE.includes(mode)) errors.notSupported(path, mode, RECURSIVE);
  if (mode !== 'Enabled' && mode !== 'IfPossible') return;
  if (mount.readOnly !== true) errors.forbidden(path, 'may only be specified when readOnly is true');
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None') {
    errors.forbidden(path, 'may only be specified when mountPropagation is None or not specified');
  }
}
