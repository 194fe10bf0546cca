/** @see kubernetes/pkg/apis/core/validation/validation.go ValidatePodTemplateSpec */
import type { LabelSelector, PodTemplateSpec } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { refusedTemplateFields } from '../fields/refused-fields.ts';
import { matchesLabelSelector } from '../label-selector.ts';
import { validateLabelSelector } from './label-selector.ts';
import { validateObjectMeta } from './object-meta.ts';
import { validatePodSpec } from './validate-pod.ts';

/** A name that is fine: templates need none. */
const SOME_NAME = 'x';

/** @param template after defaulting */
export function validatePodTemplate(
  errors: FieldErrors,
  template: PodTemplateSpec | undefined,
  field: string,
): void {
  const { labels = {}, annotations = {} } = template?.metadata ?? {};
  validateObjectMeta(errors, { name: SOME_NAME, labels, annotations }, `${field}.metadata`);
  const spec = template?.spec ?? { containers: [] };
  validatePodSpec(errors, spec, `${field}.spec`);
  errors.addAll(refusedTemplateFields(spec, `${field}.spec`));
  if ((spec.ephemeralContainers ?? []).length > 0)
    errors.forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template');
}

/** What replaces its pods for ever has pods that restart, and that its selector finds. */
export function validateLastingPods(
  errors: FieldErrors,
  kind: string,
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
): void {
  validatePodTemplate(errors, template, 'spec.template');
  validateSelector(errors, selector, kind);
  const labels = template?.metadata?.labels;
  if (selector !== undefined && !isEmpty(selector) && !matchesLabelSelector(selector, labels)) {
    errors.invalid(
      'spec.template.metadata.labels',
      labels ?? {},
      '`selector` does not match template `labels`',
    );
  }
  const { restartPolicy = 'Always', activeDeadlineSeconds } = template?.spec ?? {};
  if (restartPolicy !== 'Always')
    errors.notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']);
  if (activeDeadlineSeconds !== undefined) {
    errors.forbidden(
      'spec.template.spec.activeDeadlineSeconds',
      `activeDeadlineSeconds in ${kind === 'daemonset' ? 'DaemonSet' : 'ReplicaSet'} is not Supported`,
    );
  }
}

function validateSelector(errors: FieldErrors, selector: LabelSelector | undefined, kind: string): void {
  if (selector === undefined) return errors.required('spec.selector');
  validateLabelSelector(errors, selector, 'spec.selector');
  if (isEmpty(selector)) errors.invalid('spec.selector', selector, `empty selector is invalid for ${kind}`);
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}
