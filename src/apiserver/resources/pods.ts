import { isDeepStrictEqual } from 'node:util';
import { copyPlain } from '../../model/copy-plain.ts';
import type { Container, Pod, PodSpec, Toleration } from '../../model/api/types.ts';
import { defaultOwnPod } from '../../model/defaults/default-pod.ts';
import { FieldErrors } from '../../model/field-error.ts';
import { podWarnings, refusedFields } from '../../model/fields/refused-fields.ts';
import { tryQosClass } from '../../model/qos-class.ts';
import { podRow, type PodRow } from '../../model/status/pod-printer.ts';
import { newPodSpecErrors, validatePodSpec } from '../../model/validation/validate-pod.ts';
import type { TableColumn } from '../resource.ts';
import { column, define } from './define.ts';

const DEFAULT_GRACE_SECONDS = 30;
/** How much of a value a complaint about it tells. */
const SHOWN_LENGTH = 80;

function row(name: string, field: keyof PodRow, options: Partial<TableColumn> = {}): TableColumn {
  return column(name, (object, nowMs) => podRow(object, nowMs)[field], options);
}

export const pods = define({
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  strategy: {
    countsGenerations: true,
    hangsOnSpec: true,
    applyDefaults: (object) => {
      return { ...defaultOwnPod(object) };
    },
    prepareForCreate: (object) => {
      const pod = object as Pod;
      const gated = (pod.spec?.schedulingGates ?? []).length > 0;
      pod.status = {
        phase: 'Pending',
        qosClass: tryQosClass(pod) ?? 'BestEffort',
        ...(gated
          ? {
              conditions: [
                {
                  type: 'PodScheduled',
                  status: 'False',
                  reason: 'SchedulingGated',
                  message: 'Scheduling is blocked due to non-empty scheduling gates',
                  lastTransitionTime: pod.metadata?.creationTimestamp ?? '',
                },
              ],
            }
          : {}),
      };
    },
    validateCreate: (object) => [...newPodSpecErrors(object), ...refusedFields(object)],
    validateUpdate: (next, previous) => updateErrors(next, previous),
    gracePeriodSeconds: (object, requested) => graceSeconds(object, requested),
    warnings: (object) => podWarnings(object, { server: true }),
  },
  columns: [
    row('Name', 'name', { format: 'name' }),
    row('Ready', 'ready', {
      description: 'The aggregate readiness state of this pod for accepting traffic.',
    }),
    row('Status', 'status', { description: 'The aggregate status of the containers in this pod.' }),
    row('Restarts', 'restarts', {
      description: 'The number of times the containers in this pod have been restarted.',
    }),
    row('Age', 'age'),
    row('IP', 'ip', { priority: 1 }),
    row('Node', 'node', { priority: 1 }),
    row('Nominated Node', 'nominatedNode', { priority: 1 }),
    row('Readiness Gates', 'readinessGates', { priority: 1 }),
  ],
  selectableFields: {
    'spec.nodeName': (object) => (object as Pod).spec?.nodeName ?? '',
    'spec.restartPolicy': (object) => (object as Pod).spec?.restartPolicy ?? '',
    'spec.schedulerName': (object) => (object as Pod).spec?.schedulerName ?? '',
    'spec.serviceAccountName': (object) => (object as Pod).spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (object) => String((object as Pod).spec?.hostNetwork ?? false),
    'status.phase': (object) => (object as Pod).status?.phase ?? '',
    'status.podIP': (object) => (object as Pod).status?.podIP ?? '',
    'status.nominatedNodeName': (object) => (object as Pod).status?.nominatedNodeName ?? '',
  },
});

/** A pod that runs nowhere, or no longer, goes at once. @see kubernetes/pkg/registry/core/pod/strategy.go */
function graceSeconds({ spec, status }: Pod, requested: number | undefined): number {
  if (!spec?.nodeName) return 0;
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  const wanted = requested ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  return wanted < 0 ? 1 : wanted;
}

const IMMUTABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** @see kubernetes/pkg/apis/core/validation/validation.go ValidatePodUpdate */
function updateErrors(next: Pod, previous: Pod): FieldErrors['list'] {
  const errors = new FieldErrors();
  const after = next.spec ?? { containers: [] };
  const before = previous.spec ?? { containers: [] };
  if (!isDeepStrictEqual(after, before)) validatePodSpec(errors, after, 'spec');
  for (const list of ['containers', 'initContainers'] as const) {
    if ((after[list] ?? []).length === (before[list] ?? []).length) continue;
    errors.forbidden(`spec.${list}`, 'pod updates may not add or remove containers');
    return errors.list;
  }
  checkDeadline(errors, after.activeDeadlineSeconds, before.activeDeadlineSeconds);
  checkTolerations(errors, after.tolerations ?? [], before.tolerations ?? []);
  checkGates(errors, after, before);
  const restored = withoutMutable(after, before);
  if (!isDeepStrictEqual(restored, before))
    errors.forbidden('spec', `${IMMUTABLE}\n${changedFields(restored, before).join('\n')}`);
  return errors.list;
}

/** A line for each field that may not be changed and was: `nodeName: "a" → "b"`, values cut short. */
function changedFields(after: PodSpec, before: PodSpec): string[] {
  const old = new Map<string, unknown>(Object.entries(before));
  const now = new Map<string, unknown>(Object.entries(after));
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names
    .filter((name) => !isDeepStrictEqual(old.get(name), now.get(name)))
    .map((name) => `${name}: ${shortened(old.get(name))} → ${shortened(now.get(name))}`);
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

function checkDeadline(errors: FieldErrors, after: number | undefined, before: number | undefined): void {
  const field = 'spec.activeDeadlineSeconds';
  if (after === before) return;
  if (after === undefined)
    errors.invalid(field, null, 'must not update from a positive integer to nil value');
  else if (before !== undefined && after > before)
    errors.invalid(field, after, `must be less than or equal to previous value: ${before}`);
}

function checkTolerations(
  errors: FieldErrors,
  after: readonly Toleration[],
  before: readonly Toleration[],
): void {
  const lost = before.some((old) => !after.some((one) => sameToleration(one, old)));
  if (lost)
    errors.forbidden(
      'spec.tolerations',
      'existing toleration can not be modified except its tolerationSeconds',
    );
}

function sameToleration(
  { tolerationSeconds: _a, ...a }: Toleration,
  { tolerationSeconds: _b, ...b }: Toleration,
): boolean {
  return isDeepStrictEqual(a, b);
}

/** Gates are taken away, never added. A gated pod's constraints may still be tightened. */
function checkGates(errors: FieldErrors, after: PodSpec, before: PodSpec): void {
  const had = new Set((before.schedulingGates ?? []).map(({ name }) => name));
  const added = (after.schedulingGates ?? []).find(({ name }) => !had.has(name));
  if (added !== undefined)
    errors.forbidden(
      'spec.schedulingGates',
      `only deletion is allowed, but found new scheduling gate '${added.name}'`,
    );
}

/** The new specification with all that may change put back. */
function withoutMutable(after: PodSpec, before: PodSpec): PodSpec {
  const isGated = (before.schedulingGates ?? []).length > 0;
  const restored: PodSpec = {
    ...copyPlain(after),
    containers: imagesOf(after.containers, before.containers),
  };
  if (after.initContainers !== undefined)
    restored.initContainers = imagesOf(after.initContainers, before.initContainers ?? []);
  const mutable = [
    'activeDeadlineSeconds',
    'tolerations',
    'schedulingGates',
    'terminationGracePeriodSeconds',
  ] as const;
  const fields: (keyof PodSpec)[] = [...mutable, ...(isGated ? (['nodeSelector', 'affinity'] as const) : [])];
  for (const field of fields) {
    if (field === 'terminationGracePeriodSeconds' && !((before[field] ?? 0) < 0 && after[field] === 1))
      continue;
    if (before[field] === undefined) delete restored[field];
    else Object.assign(restored, { [field]: before[field] });
  }
  return restored;
}

function imagesOf(after: readonly Container[], before: readonly Container[]): Container[] {
  return after.map((container, index) => {
    const image = before[index]?.image;
    return image === undefined ? container : { ...container, image };
  });
}
