import type { Event, Pod, Toleration, TopologySpreadConstraint } from '../../model/api/types.ts';
import { formatLabelSelector, labelRequirements } from '../../model/label-selector.ts';
import { qosClass } from '../../model/qos-class.ts';
import { colouredStatus } from '../output/status-colour.ts';
import { type Painter, PLAIN, printable } from '../output/terminal.ts';
import { alignTabs } from './align-tabs.ts';
import { containerLines, resourceLines } from './describe-container.ts';
import { eventLines } from './describe-events.ts';
import { volumeLines } from './describe-volume.ts';
import { longTime } from './long-time.ts';
import { paintLabels } from './paint-labels.ts';
import { paintTruth } from './paint-truth.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const LONGEST_ANNOTATION = 140;

/**
 * What `kubectl describe pod` shows, letter for letter.
 * @param age how long ago an RFC 3339 time was
 * @param painter gives labels, states and events their look; the columns stay where they are
 * @see kubernetes/staging/src/k8s.io/kubectl/pkg/describe/describe.go describePod
 */
export function describePod(
  pod: Pod,
  events: readonly Event[],
  age: (time: string | undefined) => string,
  painter: Painter = PLAIN,
): string {
  const lines = [
    ...identityLines(pod),
    ...listed('Labels', labelLines(pod.metadata?.labels)),
    ...listed('Annotations', annotationLines(pod.metadata?.annotations)),
    ...statusLines(pod, age, painter),
    ...containerLines(
      'Init Containers',
      pod,
      pod.spec?.initContainers ?? [],
      pod.status?.initContainerStatuses,
      painter,
    ),
    ...containerLines('Containers', pod, pod.spec?.containers ?? [], pod.status?.containerStatuses, painter),
    ...containerLines(
      'Ephemeral Containers',
      pod,
      pod.spec?.ephemeralContainers ?? [],
      pod.status?.ephemeralContainerStatuses,
      painter,
    ),
    ...conditionLines(pod, painter),
    ...volumeLines(pod.spec?.volumes ?? []),
    `QoS Class:\t${pod.status?.qosClass || qosClass(pod)}`,
    ...listed('Node-Selectors', labelLines(pod.spec?.nodeSelector)),
    ...listed('Tolerations', tolerationLines(pod.spec?.tolerations ?? [])),
    ...spreadLines(pod.spec?.topologySpreadConstraints ?? []),
  ];
  // Without events their line is one of the table; with them they are a table of their own.
  const aligned = (some: readonly string[]) => `${alignTabs(paintLabels(some, painter).join('\n'))}\n`;
  if (events.length === 0) return aligned([...lines, 'Events:\t<none>']);
  return aligned(lines) + aligned(eventLines(events, age, painter));
}

function identityLines({ metadata, spec, status }: Pod): string[] {
  const { priority, priorityClassName, runtimeClassName, serviceAccountName, nodeName } = spec ?? {};
  return [
    `Name:\t${metadata?.name ?? ''}`,
    `Namespace:\t${metadata?.namespace ?? ''}`,
    ...(priority === undefined ? [] : [`Priority:\t${priority}`]),
    ...when('Priority Class Name', priorityClassName),
    ...when('Runtime Class Name', runtimeClassName),
    ...when('Service Account', serviceAccountName),
    `Node:\t${nodeName ? `${nodeName}/${status?.hostIP ?? ''}` : '<none>'}`,
    ...(status?.startTime === undefined ? [] : [`Start Time:\t${longTime(status.startTime)}`]),
  ];
}

function statusLines(
  { metadata, spec, status }: Pod,
  age: (time: string | undefined) => string,
  painter: Painter,
): string[] {
  const { phase = '', podIP = '', podIPs = [] } = status ?? {};
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, ownerReferences = [] } = metadata ?? {};
  const over = phase === 'Failed' || phase === 'Succeeded';
  const seccomp = spec?.securityContext?.seccompProfile;
  const controller = ownerReferences.find((owner) => owner.controller === true);
  return [
    ...(deletionTimestamp === undefined || over
      ? [`Status:\t${colouredStatus(painter, phase)}`]
      : [
          `Status:\t${colouredStatus(painter, 'Terminating')} (lasts ${age(deletionTimestamp)})`,
          `Termination Grace Period:\t${deletionGracePeriodSeconds}s`,
        ]),
    ...when('Reason', status?.reason, (reason) => colouredStatus(painter, reason)),
    ...when('Message', status?.message),
    ...when('SeccompProfile', seccomp?.type),
    ...when('LocalhostProfile', seccomp?.type === 'Localhost' ? seccomp.localhostProfile : undefined),
    `IP:\t${podIP}`,
    ...(podIPs.length === 0 ? ['IPs:\t<none>'] : ['IPs:', ...podIPs.map(({ ip }) => `  IP:\t${ip}`)]),
    ...(controller === undefined ? [] : [`Controlled By:\t${controller.kind}/${controller.name}`]),
    ...when('NominatedNodeName', status?.nominatedNodeName),
    ...(spec?.resources === undefined ? [] : ['Resources:', ...resourceLines(spec.resources, '  ')]),
  ];
}

function conditionLines({ spec, status }: Pod, painter: Painter): string[] {
  const conditions = status?.conditions ?? [];
  const gates = (spec?.readinessGates ?? []).map(({ conditionType }) => {
    const condition = conditions.find(({ type }) => type === conditionType);
    return `  ${conditionType} \t${paintTruth(painter, condition?.status ?? '<none>')} `;
  });
  return [
    ...(gates.length === 0 ? [] : ['Readiness Gates:', '  Type\tStatus', ...gates]),
    ...(conditions.length === 0 ? [] : ['Conditions:', '  Type\tStatus']),
    ...conditions.map(({ type, status: value }) => `  ${type} \t${paintTruth(painter, value)} `),
  ];
}

function when(
  key: string,
  value: string | undefined,
  painted: (text: string) => string = (text) => text,
): string[] {
  return value === undefined || value === '' ? [] : [`${key}:\t${painted(printable(value))}`];
}

function listed(key: string, values: readonly string[]): string[] {
  const [first = '<none>', ...others] = values;
  return [`${key}:\t${first}`, ...others.map((value) => `\t${value}`)];
}

function labelLines(values: Record<string, string> | undefined): string[] {
  return sorted(values).map(([key, value]) => `${key}=${printable(value)}`);
}

function annotationLines(annotations: Record<string, string> | undefined): string[] {
  return sorted(annotations).flatMap(([key, text]) => {
    if (key === LAST_APPLIED) return [];
    const value = text.replace(/\n$/, '');
    const isShort = value.length + key.length + 2 <= LONGEST_ANNOTATION && !value.includes('\n');
    if (isShort) return [`${key}: ${printable(value)}`];
    return [`${key}:`, ...value.split('\n').map((line) => `  ${shortened(printable(line))}`)];
  });
}

function shortened(line: string): string {
  return line.length > LONGEST_ANNOTATION - 2 ? `${line.slice(0, LONGEST_ANNOTATION - 2)}...` : line;
}

function tolerationLines(tolerations: readonly Toleration[]): string[] {
  const byKey = [...tolerations].sort((a, b) => compare(a.key ?? '', b.key ?? ''));
  return byKey.map(({ key = '', value = '', effect = '', operator, tolerationSeconds }) => {
    const what = `${key}${value === '' ? '' : `=${value}`}${effect === '' ? '' : `:${effect}`}`;
    const exists = operator === 'Exists' && value === '' ? `${what === '' ? '' : ' '}op=Exists` : '';
    return `${what}${exists}${tolerationSeconds === undefined ? '' : ` for ${tolerationSeconds}s`}`;
  });
}

function spreadLines(constraints: readonly TopologySpreadConstraint[]): string[] {
  if (constraints.length === 0) return [];
  const byKey = [...constraints].sort((a, b) => compare(a.topologyKey, b.topologyKey));
  const texts = byKey.map(({ topologyKey, whenUnsatisfiable, maxSkew, labelSelector }) => {
    const selector =
      labelSelector === undefined
        ? ''
        : ` for selector ${formatLabelSelector(labelRequirements(labelSelector))}`;
    return `${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${selector}`;
  });
  return listed('Topology Spread Constraints', texts);
}

function sorted(values: Record<string, string> | undefined): [string, string][] {
  return Object.entries(values ?? {}).sort(([a], [b]) => compare(a, b));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
