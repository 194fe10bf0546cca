/** @see kubernetes/plugin/pkg/admission/priority/admission.go */
import type { Pod, PriorityClass } from '../../model/api/types.ts';
import { forbidden } from '../errors/status-error.ts';

const PODS = { group: '', plural: 'pods' };
const PREEMPTING = 'PreemptLowerPriority';

/**
 * A copy of a new pod with the priority of its class; without one, of the class that is everybody's, or 0.
 * @throws StatusError Forbidden when there is no such class, or the pod says otherwise itself
 */
export function withPriority(pod: Pod, classes: readonly PriorityClass[]): Pod {
  const refuse = (why: string) => forbidden(PODS, pod.metadata?.name ?? '', why);
  const spec = pod.spec ?? { containers: [] };
  const found = spec.priorityClassName ? byName(classes, spec.priorityClassName) : globalDefault(classes);
  if (spec.priorityClassName && found === undefined)
    throw refuse(`no PriorityClass with name ${spec.priorityClassName} was found`);
  const { value: priority = 0, preemptionPolicy = PREEMPTING } = found ?? {};
  if (spec.priority !== undefined && spec.priority !== priority) {
    throw refuse(
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    throw refuse(
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
    );
  }
  const priorityClassName = found?.metadata?.name;
  return {
    ...pod,
    spec: {
      ...spec,
      ...(priorityClassName === undefined ? {} : { priorityClassName }),
      priority,
      preemptionPolicy,
    },
  };
}

function byName(classes: readonly PriorityClass[], name: string): PriorityClass | undefined {
  return classes.find(({ metadata }) => metadata?.name === name);
}

/** Of several the lowest. */
function globalDefault(classes: readonly PriorityClass[]): PriorityClass | undefined {
  const [lowest] = classes
    .filter((one) => one.globalDefault === true)
    .sort((a, b) => (a.value ?? 0) - (b.value ?? 0));
  return lowest;
}
