/**
 * Pods that are placed together or not at all.
 * @see KEP-4671 and kubernetes-sigs/scheduler-plugins apis/scheduling/v1alpha1
 */
import { assertNoFieldErrors, FieldErrors } from '../../model/field-error.ts';
import { PRIORITY_RANGE, type PriorityClasses, priorityClassOf } from '../engine/pod/priority.ts';
import { readList, readObject, readString, readWhole } from '../config/strict-fields.ts';

export interface Gang {
  /** `namespace/name` of its PodGroup. */
  readonly key: string;
  /** So many pods must have a node before any gets one. */
  readonly minCount: number;
  /** All of them go to one domain of this topology. */
  readonly topologyKey: string | undefined;
  /** What the group says of its pods' priority, instead of the pods themselves. */
  readonly priority?: number;
  readonly priorityClassName?: string;
}

const NEW_VERSIONS = ['scheduling.k8s.io/v1alpha2', 'scheduling.k8s.io/v1beta1'];
const OLD_VERSION = 'scheduling.x-k8s.io/v1alpha1';
const MAX_MEMBERS = 1_000_000;

/**
 * Reads a PodGroup of `scheduling.k8s.io/v1alpha2` or `v1beta1`, or of `scheduling.x-k8s.io/v1alpha1`. A group of the
 * policy `basic` is a gang of at least one.
 * @throws InvalidObjectError naming each wrong field
 */
export function readPodGroup(object: unknown): Gang {
  const errors = new FieldErrors();
  const fields = readObject(object, '', ['apiVersion', 'kind', 'metadata', 'spec', 'status'], errors);
  const metadata = (fields['metadata'] ?? {}) as { name?: unknown; namespace?: unknown };
  const name = readString(metadata.name, 'metadata.name', errors) ?? '';
  if (name === '') errors.required('metadata.name');
  const namespace = readString(metadata.namespace, 'metadata.namespace', errors) ?? 'default';
  if (fields['kind'] !== 'PodGroup') errors.notSupported('kind', fields['kind'], ['PodGroup']);
  const version = fields['apiVersion'];
  const isOld = version === OLD_VERSION;
  if (!isOld && (typeof version !== 'string' || !NEW_VERSIONS.includes(version))) {
    errors.notSupported('apiVersion', version, [...NEW_VERSIONS, OLD_VERSION]);
  }
  const read = isOld ? readOldSpec(fields['spec'], errors) : readNewSpec(fields['spec'], errors);
  assertNoFieldErrors('PodGroup', name, errors.list);
  return { key: `${namespace}/${name}`, ...read };
}

type GangSpec = Omit<Gang, 'key'>;

function readOldSpec(spec: unknown, errors: FieldErrors): GangSpec {
  const fields = readObject(spec, 'spec', ['minMember', 'minResources', 'scheduleTimeoutSeconds'], errors);
  if (fields['minMember'] === undefined) errors.required('spec.minMember');
  const minCount = readWhole(fields['minMember'], 'spec.minMember', [1, MAX_MEMBERS], errors) ?? 1;
  return { minCount, topologyKey: undefined };
}

function readNewSpec(spec: unknown, errors: FieldErrors): GangSpec {
  const known = [
    'schedulingPolicy',
    'schedulingConstraints',
    'podGroupTemplateRef',
    'disruptionMode',
    'priorityClassName',
    'priority',
    'resourceClaims',
  ];
  const fields = readObject(spec, 'spec', known, errors);
  if (readList(fields['resourceClaims'], 'spec.resourceClaims', errors).length > 0) {
    errors.forbidden('spec.resourceClaims', 'resource claims are not supported');
  }
  const policy = readObject(fields['schedulingPolicy'], 'spec.schedulingPolicy', ['basic', 'gang'], errors);
  if ((policy['basic'] === undefined) === (policy['gang'] === undefined)) {
    errors.required('spec.schedulingPolicy', 'must have exactly one of `basic` and `gang`');
  }
  const gang = readObject(policy['gang'], 'spec.schedulingPolicy.gang', ['minCount'], errors);
  const field = 'spec.schedulingPolicy.gang.minCount';
  if (policy['gang'] !== undefined && gang['minCount'] === undefined) errors.required(field);
  const minCount = readWhole(gang['minCount'], field, [1, MAX_MEMBERS], errors) ?? 1;
  const priority = readWhole(fields['priority'], 'spec.priority', PRIORITY_RANGE, errors);
  const priorityClassName = readString(fields['priorityClassName'], 'spec.priorityClassName', errors);
  return {
    minCount,
    topologyKey: readTopologyKey(fields['schedulingConstraints'], errors),
    ...(priority !== undefined && { priority }),
    ...(priorityClassName && { priorityClassName }),
  };
}

/**
 * The priority of all pods of a gang: to be set in `snapshot.objects.gangPriorities` before they are read. Nothing when the
 * group leaves it to the pods.
 * @throws InvalidObjectError naming `spec.priorityClassName` when there is no such class
 */
export function gangPriority(
  { key, priority, priorityClassName }: Gang,
  classes: PriorityClasses,
): number | undefined {
  if (priority !== undefined || priorityClassName === undefined) return priority;
  const named = priorityClassOf(priorityClassName, classes);
  if (named !== undefined) return named.value ?? 0;
  const errors = new FieldErrors();
  errors.notFound('spec.priorityClassName', priorityClassName);
  assertNoFieldErrors('PodGroup', key, errors.list);
  return undefined;
}

function readTopologyKey(value: unknown, errors: FieldErrors): string | undefined {
  const field = 'spec.schedulingConstraints.topology';
  const constraints = readObject(value, 'spec.schedulingConstraints', ['topology'], errors);
  const [first, ...others] = readList(constraints['topology'], field, errors);
  if (others.length > 0) errors.tooMany(field, others.length + 1, 1);
  if (first === undefined) return undefined;
  const key = readString(readObject(first, `${field}[0]`, ['key'], errors)['key'], `${field}[0].key`, errors);
  if (!key) errors.required(`${field}[0].key`);
  return key;
}
