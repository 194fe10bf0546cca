/** What writes to parts of a pod may change. */
import { isDeepStrictEqual } from 'node:util';
import { copyPlain } from '../../model/copy-plain.ts';
import type { Container, EphemeralContainer, Pod, PodSpec } from '../../model/api/types.ts';
import { isMirrorPod } from '../../model/mirror-pod.ts';
import { qosClass } from '../../model/qos-class.ts';
import { defaultPod } from '../../model/defaults/default-pod.ts';
import { type FieldError, FieldErrors } from '../../model/field-error.ts';
import { validateAddedEphemeralContainers, validatePod } from '../../model/validation/validate-pod.ts';
import type { ApiObject } from '../api-object.ts';
import { ownRules, type UpdateRules } from '../registry/update-rules.ts';
import type { Resource } from '../resource.ts';

function specOf(object: ApiObject): PodSpec {
  return (object as Pod).spec ?? { containers: [] };
}

/** Ephemeral containers are added, and stay as they are. */
export function ephemeralContainerRules(resource: Resource): UpdateRules {
  const rules = ownRules(resource, 'ephemeralcontainers');
  return {
    ...rules,
    notesOwner: true,
    prepare: (input, previous, context) => {
      const added = specOf(input).ephemeralContainers;
      const spec: PodSpec = {
        ...specOf(previous),
        ...(added === undefined ? {} : { ephemeralContainers: added }),
      };
      const next = withVersion({ ...copyPlain(previous), spec }, input);
      const prepared = rules.prepare({ ...defaultPod(next) }, previous, context);
      return counted(prepared, previous);
    },
    validate: (next, previous) => {
      if (isMirrorPod(previous)) return refused('static pods do not support ephemeral containers');
      const errors = new FieldErrors();
      const before = specOf(previous).ephemeralContainers ?? [];
      const after = new Map((specOf(next).ephemeralContainers ?? []).map((one) => [one.name, one]));
      for (const container of before) checkKept(errors, container, after.get(container.name));
      errors.addAll(validateAddedEphemeralContainers(next));
      return errors.list;
    },
  };
}

/** Of a mirror, whatever is asked: its node takes the pod from a file alone. The field is spelled as Kubernetes spells none. */
function refused(detail: string): readonly FieldError[] {
  return [{ field: '[]', type: 'Forbidden', detail }];
}

function checkKept(
  errors: FieldErrors,
  before: EphemeralContainer,
  after: EphemeralContainer | undefined,
): void {
  const field = 'spec.ephemeralContainers';
  if (after === undefined) {
    errors.forbidden(
      field,
      `existing ephemeral containers ${JSON.stringify(before.name)} may not be removed\n`,
    );
  } else if (!isDeepStrictEqual(before, after)) {
    errors.forbidden(
      field,
      `existing ephemeral containers ${JSON.stringify(before.name)} may not be changed\n`,
    );
  }
}

/** Resources and what is to happen when they change; all else stays. */
export function resizeRules(resource: Resource): UpdateRules {
  const rules = ownRules(resource, 'resize');
  return {
    ...rules,
    notesOwner: true,
    prepare: (input, previous, context) => {
      const wanted = specOf(input);
      const present = specOf(previous);
      const spec: PodSpec = {
        ...present,
        containers: resized(present.containers, wanted.containers),
        ...(present.initContainers === undefined
          ? {}
          : { initContainers: resized(present.initContainers, wanted.initContainers ?? []) }),
        ...(wanted.resources === undefined ? {} : { resources: wanted.resources }),
      };
      const next = withVersion({ ...copyPlain(previous), spec }, input);
      return counted(rules.prepare(next, previous, context), previous);
    },
    validate: (next, previous) =>
      isMirrorPod(previous)
        ? refused('static pods cannot be resized')
        : [...validatePod(asCreated(next)), ...resizeErrors(next, previous)],
  };
}

/** Containers that were added to look into the pod are none of a new one. */
function asCreated(pod: ApiObject): ApiObject {
  return { ...pod, spec: { ...specOf(pod), ephemeralContainers: [] } };
}

function resized(present: readonly Container[], wanted: readonly Container[]): Container[] {
  const byName = new Map(wanted.map((container) => [container.name, container]));
  return present.map((container) => {
    const { resources, resizePolicy } = byName.get(container.name) ?? {};
    return {
      ...container,
      ...(resources === undefined ? {} : { resources }),
      ...(resizePolicy === undefined ? {} : { resizePolicy }),
    };
  });
}

/** @see kubernetes/pkg/apis/core/validation/validation.go ValidatePodResize */
function resizeErrors(next: Pod, previous: Pod): readonly FieldError[] {
  const errors = new FieldErrors();
  for (const [index, container] of (next.spec?.containers ?? []).entries()) {
    const before = previous.spec?.containers[index]?.resources ?? {};
    const after = container.resources ?? {};
    for (const kind of ['requests', 'limits'] as const) {
      const names = new Set([...Object.keys(before[kind] ?? {}), ...Object.keys(after[kind] ?? {})]);
      for (const name of names) {
        if (before[kind]?.[name] === after[kind]?.[name]) continue;
        const field = `spec.containers[${index}].resources.${kind}`;
        if (name !== 'cpu' && name !== 'memory')
          errors.forbidden(field, 'only cpu and memory resources are mutable');
        else if (after[kind]?.[name] === undefined)
          errors.forbidden(field, `resource ${kind} cannot be removed`);
      }
    }
  }
  if (next.status?.qosClass !== undefined && next.status.qosClass !== qosClass(next))
    errors.invalid('spec', qosClass(next), 'Pod QOS Class may not change as a result of resizing');
  return errors.list;
}

/** What a partial write says of the version that it is based on. */
function withVersion(next: ApiObject, input: ApiObject): ApiObject {
  const { resourceVersion, managedFields } = input.metadata ?? {};
  next.metadata = {
    ...next.metadata,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(managedFields === undefined ? {} : { managedFields }),
  };
  return next;
}

/** A change of the spec is a new generation, whichever way it came. */
function counted(next: ApiObject, previous: ApiObject): ApiObject {
  const before = previous.metadata?.generation ?? 1;
  const changed = !isDeepStrictEqual(next['spec'], previous['spec']);
  next.metadata = { ...next.metadata, generation: changed ? before + 1 : before };
  return next;
}
