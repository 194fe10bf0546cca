import type {
  Container,
  ContainerState,
  ContainerStatus,
  EphemeralContainer,
  Event,
  Pod,
  Probe,
  Volume,
} from '../../model/api/types.ts';
import { renderTable } from '../output/table.ts';
import { printable } from '../output/terminal.ts';
import { IndentedText } from './indented-text.ts';

/** What `kubectl describe pod` shows. `age` tells how long ago an RFC 3339 time was. */
export function describePod(
  pod: Pod,
  events: readonly Event[],
  age: (time: string | undefined) => string,
): string {
  const text = new IndentedText();
  const { metadata, spec, status } = pod;
  text.pair('Name', metadata?.name);
  text.pair('Namespace', metadata?.namespace);
  text.pair('Priority', String(spec?.priority ?? 0));
  text.pair(
    'Node',
    `${spec?.nodeName ?? '<none>'}${status?.hostIP === undefined ? '' : `/${status.hostIP}`}`,
  );
  text.pair('Start Time', status?.startTime);
  text.list('Labels', pairs(metadata?.labels, '='));
  text.list('Annotations', pairs(metadata?.annotations, ': '));
  text.pair(
    'Status',
    metadata?.deletionTimestamp === undefined
      ? (status?.phase ?? 'Pending')
      : `Terminating (${metadata.deletionTimestamp})`,
  );
  text.pair('Reason', status?.reason);
  text.pair('Message', status?.message);
  text.pair('IP', status?.podIP ?? '');
  text.list(
    'IPs',
    (status?.podIPs ?? []).map(({ ip }) => ip),
  );
  describeContainers(
    text,
    'Init Containers:',
    spec?.initContainers ?? [],
    status?.initContainerStatuses ?? [],
  );
  describeContainers(text, 'Containers:', spec?.containers ?? [], status?.containerStatuses ?? []);
  describeContainers(
    text,
    'Ephemeral Containers:',
    spec?.ephemeralContainers ?? [],
    status?.ephemeralContainerStatuses ?? [],
  );
  text.section('Conditions:', () => {
    for (const { type, status: value, reason } of status?.conditions ?? []) {
      text.pair(type, reason === undefined ? value : `${value}  (${reason})`);
    }
  });
  text.section('Volumes:', () => {
    for (const volume of spec?.volumes ?? []) describeVolume(text, volume);
    if ((spec?.volumes ?? []).length === 0) text.line('<none>');
  });
  text.pair('QoS Class', status?.qosClass);
  text.list('Node-Selectors', pairs(spec?.nodeSelector, '='));
  return `${text.toString()}${describeEvents(events, age)}`;
}

function describeContainers(
  text: IndentedText,
  heading: string,
  containers: readonly (Container | EphemeralContainer)[],
  statuses: readonly ContainerStatus[],
): void {
  if (containers.length === 0) return;
  text.section(heading, () => {
    for (const container of containers) {
      const status = statuses.find(({ name }) => name === container.name);
      text.section(`${container.name}:`, () => describeContainer(text, container, status));
    }
  });
}

function describeContainer(
  text: IndentedText,
  container: Container | EphemeralContainer,
  status: ContainerStatus | undefined,
): void {
  text.pair('Container ID', status?.containerID ?? '');
  text.pair('Image', container.image);
  text.pair('Image ID', status?.imageID ?? '');
  const ports = (container.ports ?? []).map(
    ({ containerPort, protocol = 'TCP' }) => `${containerPort}/${protocol}`,
  );
  text.pair('Ports', ports.join(', ') || '<none>');
  const hostPorts = (container.ports ?? []).filter(({ hostPort }) => hostPort !== undefined);
  if (hostPorts.length > 0)
    text.pair(
      'Host Ports',
      hostPorts.map(({ hostPort, protocol = 'TCP' }) => `${hostPort}/${protocol}`).join(', '),
    );
  if (container.command !== undefined) text.list('Command', container.command);
  if (container.args !== undefined) text.list('Args', container.args);
  describeState(text, 'State', status?.state ?? { waiting: {} });
  if (status?.lastState?.terminated !== undefined) describeState(text, 'Last State', status.lastState);
  text.pair('Ready', status?.ready === true ? 'True' : 'False');
  text.pair('Restart Count', String(status?.restartCount ?? 0));
  for (const [name, amounts] of [
    ['Limits', container.resources?.limits],
    ['Requests', container.resources?.requests],
  ] as const) {
    if (amounts !== undefined)
      text.section(`${name}:`, () =>
        Object.entries(amounts).forEach(([key, value]) => text.pair(key, value)),
      );
  }
  for (const [name, probe] of [
    ['Liveness', container.livenessProbe],
    ['Readiness', container.readinessProbe],
    ['Startup', container.startupProbe],
  ] as const) {
    if (probe !== undefined) text.pair(name, describeProbe(probe));
  }
  text.list('Environment', (container.env ?? []).map(describeVariable));
  text.list(
    'Mounts',
    (container.volumeMounts ?? []).map(
      ({ mountPath, name, readOnly }) => `${mountPath} from ${name} (${readOnly === true ? 'ro' : 'rw'})`,
    ),
  );
}

function describeVariable({ name, value, valueFrom }: NonNullable<Container['env']>[number]): string {
  const { secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef } = valueFrom ?? {};
  if (secretKeyRef !== undefined)
    return `${name}: <set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name}'>`;
  if (configMapKeyRef !== undefined)
    return `${name}: <set to the key '${configMapKeyRef.key}' of config map '${configMapKeyRef.name}'>`;
  if (fieldRef !== undefined) return `${name}: (${fieldRef.apiVersion ?? 'v1'}:${fieldRef.fieldPath})`;
  if (resourceFieldRef !== undefined) return `${name}: (${resourceFieldRef.resource})`;
  return `${name}: ${value ?? ''}`;
}

function describeState(
  text: IndentedText,
  key: string,
  { running, waiting, terminated }: ContainerState,
): void {
  if (running !== undefined) {
    text.pair(key, 'Running');
    text.pair('  Started', running.startedAt);
  } else if (terminated !== undefined) {
    text.pair(key, 'Terminated');
    text.pair('  Reason', terminated.reason);
    text.pair(
      '  Message',
      terminated.message === undefined ? undefined : printable(terminated.message.trim()),
    );
    text.pair('  Exit Code', String(terminated.exitCode));
    text.pair('  Signal', terminated.signal === undefined ? undefined : String(terminated.signal));
    text.pair('  Started', terminated.startedAt);
    text.pair('  Finished', terminated.finishedAt);
  } else {
    text.pair(key, 'Waiting');
    text.pair('  Reason', waiting?.reason);
    text.pair('  Message', waiting?.message === undefined ? undefined : printable(waiting.message));
  }
}

/** @see kubernetes/staging/src/k8s.io/kubectl/pkg/describe DescribeProbe */
function describeProbe(probe: Probe): string {
  const numbers = `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 1}s period=${probe.periodSeconds ?? 10}s #success=${probe.successThreshold ?? 1} #failure=${probe.failureThreshold ?? 3}`;
  const { exec, httpGet, tcpSocket, grpc } = probe;
  if (exec !== undefined) return `exec [${(exec.command ?? []).join(' ')}] ${numbers}`;
  if (httpGet !== undefined) {
    return `http-get ${(httpGet.scheme ?? 'HTTP').toLowerCase()}://${httpGet.host ?? ''}:${httpGet.port}${httpGet.path ?? '/'} ${numbers}`;
  }
  if (tcpSocket !== undefined) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port} ${numbers}`;
  return `grpc <pod>:${grpc?.port ?? ''} ${grpc?.service ?? ''} ${numbers}`;
}

function describeVolume(text: IndentedText, volume: Volume): void {
  const { name, ...source } = volume;
  const [type = 'unknown', detail] = Object.entries(source)[0] ?? [];
  text.section(`${name}:`, () => {
    text.pair('Type', type);
    for (const [key, value] of Object.entries((detail ?? {}) as Record<string, unknown>)) {
      text.pair(key, typeof value === 'string' ? value : JSON.stringify(value));
    }
  });
}

function describeEvents(events: readonly Event[], age: (time: string | undefined) => string): string {
  if (events.length === 0) return 'Events:  <none>\n';
  const table = renderTable(
    [
      { heading: 'Type', value: (event: Event) => event.type ?? '' },
      { heading: 'Reason', value: (event: Event) => event.reason ?? '' },
      { heading: 'Age', value: eventAge },
      { heading: 'From', value: (event: Event) => event.source?.component ?? '' },
      { heading: 'Message', value: (event: Event) => printable(event.message ?? '') },
    ],
    events,
  );
  return `Events:\n${table.replace(/^(?=.)/gm, '  ')}`;

  function eventAge(event: Event): string {
    const last = age(event.lastTimestamp);
    return (event.count ?? 1) > 1 ? `${last} (x${event.count} over ${age(event.firstTimestamp)})` : last;
  }
}

function pairs(values: Record<string, string> | undefined, separator: string): string[] {
  return Object.entries(values ?? {}).map(([key, value]) => `${key}${separator}${printable(value)}`);
}
