import type {
  Container,
  ContainerPort,
  ContainerState,
  ContainerStatus,
  EphemeralContainer,
  Pod,
  Probe,
  ResourceRequirements,
} from '../../model/api/types.ts';
import { colouredStatus } from '../output/status-colour.ts';
import { type Painter, printable } from '../output/terminal.ts';
import { environmentLines } from './describe-environment.ts';
import { longTime } from './long-time.ts';
import { paintTruth } from './paint-truth.ts';

const INDENT = '    ';

/** @see kubernetes/staging/src/k8s.io/kubectl/pkg/describe/describe.go describeContainers */
export function containerLines(
  label: string,
  pod: Pod,
  containers: readonly (Container | EphemeralContainer)[],
  statuses: readonly ContainerStatus[] = [],
  painter: Painter,
): string[] {
  if (containers.length === 0) return label === 'Containers' ? ['Containers: <none>'] : [];
  return [
    `${label}:`,
    ...containers.flatMap((container) => [
      `  ${container.name}:`,
      ...linesOf(
        pod,
        container,
        statuses.find(({ name }) => name === container.name),
        painter,
      ).map((line) => INDENT + line),
    ]),
  ];
}

function linesOf(
  pod: Pod,
  container: Container | EphemeralContainer,
  status: ContainerStatus | undefined,
  painter: Painter,
): string[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  const seccomp = container.securityContext?.seccompProfile;
  return [
    ...(status === undefined ? [] : [`Container ID:\t${status.containerID ?? ''}`]),
    `Image:\t${printable(container.image ?? '')}`,
    ...(status === undefined ? [] : [`Image ID:\t${printable(status.imageID)}`]),
    portLine('Port', container.ports, ({ containerPort }) => containerPort),
    portLine('Host Port', container.ports, ({ hostPort }) => hostPort ?? 0),
    ...(seccomp === undefined ? [] : [`SeccompProfile:\t${seccomp.type}`]),
    ...(seccomp?.type === 'Localhost' ? [`LocalhostProfile:\t${seccomp.localhostProfile ?? ''}`] : []),
    ...wordLines('Command', container.command),
    ...wordLines('Args', container.args),
    ...(status === undefined ? [] : runLines(status, painter)),
    ...resourceLines(container.resources ?? {}, ''),
    ...probeLine('Liveness', livenessProbe),
    ...probeLine('Readiness', readinessProbe),
    ...probeLine('Startup', startupProbe),
    ...environmentLines(pod, container),
    ...mountLines(container),
  ];
}

function portLine(
  key: string,
  ports: readonly ContainerPort[] = [],
  number: (port: ContainerPort) => number,
): string {
  const text = ports.map((port) => `${number(port)}/${port.protocol ?? 'TCP'}`).join(', ');
  return ports.length > 1 ? `${key}s:\t${text}` : `${key}:\t${text || '<none>'}`;
}

function wordLines(key: string, words: readonly string[] = []): string[] {
  if (words.length === 0) return [];
  const lines = words.flatMap((word) => word.split('\n'));
  return [`${key}:`, ...lines.map((line) => `  ${printable(line)}`)];
}

function runLines(status: ContainerStatus, painter: Painter): string[] {
  return [
    ...stateLines('State', status.state ?? {}, painter),
    ...(status.lastState?.terminated === undefined
      ? []
      : stateLines('Last State', status.lastState, painter)),
    `Ready:\t${paintTruth(painter, status.ready ? 'True' : 'False')}`,
    `Restart Count:\t${status.restartCount}`,
  ];
}

function stateLines(
  key: string,
  { running, waiting, terminated }: ContainerState,
  painter: Painter,
): string[] {
  const reasonLine = (reason = '') =>
    reason === '' ? [] : [`  Reason:\t${colouredStatus(painter, reason)}`];
  if (running !== undefined)
    return [`${key}:\t${colouredStatus(painter, 'Running')}`, `  Started:\t${longTime(running.startedAt)}`];
  if (waiting !== undefined || terminated === undefined)
    return [`${key}:\t${colouredStatus(painter, 'Waiting')}`, ...reasonLine(waiting?.reason)];
  const { reason, message, exitCode, signal = 0, startedAt, finishedAt } = terminated;
  return [
    `${key}:\t${painter.style(exitCode === 0 ? 'dim' : 'red', 'Terminated')}`,
    ...reasonLine(reason),
    ...(message ? [`  Message:\t${printable(message)}`] : []),
    `  Exit Code:\t${exitCode}`,
    ...(signal > 0 ? [`  Signal:\t${signal}`] : []),
    `  Started:\t${longTime(startedAt)}`,
    `  Finished:\t${longTime(finishedAt)}`,
  ];
}

export function resourceLines(
  { limits = {}, requests = {} }: ResourceRequirements,
  indent: string,
): string[] {
  const lines = (key: string, amounts: Record<string, string>) => {
    const names = Object.keys(amounts).sort();
    if (names.length === 0) return [];
    return [`${indent}${key}:`, ...names.map((name) => `${indent}  ${name}:\t${amounts[name]}`)];
  };
  return [...lines('Limits', limits), ...lines('Requests', requests)];
}

function mountLines({ volumeMounts = [] }: Container | EphemeralContainer): string[] {
  if (volumeMounts.length === 0) return ['Mounts:\t<none>'];
  const inOrder = [...volumeMounts].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1));
  return [
    'Mounts:',
    ...inOrder.map(({ mountPath, name, readOnly, subPath = '' }) => {
      const flags = [readOnly === true ? 'ro' : 'rw', ...(subPath === '' ? [] : [`path="${subPath}"`])];
      return `  ${printable(mountPath)} from ${name} (${flags.join(',')})`;
    }),
  ];
}

function probeLine(key: string, probe: Probe | undefined): string[] {
  return probe === undefined ? [] : [`${key}:\t${printable(describeProbe(probe))}`];
}

/** @see kubernetes/staging/src/k8s.io/kubectl/pkg/describe/describe.go DescribeProbe */
function describeProbe(probe: Probe): string {
  const { exec, httpGet, tcpSocket, grpc } = probe;
  const times = `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 1}s period=${probe.periodSeconds ?? 10}s`;
  const numbers = `${times} #success=${probe.successThreshold ?? 1} #failure=${probe.failureThreshold ?? 3}`;
  if (exec !== undefined) return `exec [${(exec.command ?? []).join(' ')}] ${numbers}`;
  if (httpGet !== undefined) {
    const { scheme = 'HTTP', host = '', port, path = '/' } = httpGet;
    const slash = path === '' || path.startsWith('/') ? '' : '/';
    return `http-get ${scheme.toLowerCase()}://${host.includes(':') ? `[${host}]` : host}:${port}${slash}${path} ${numbers}`;
  }
  if (tcpSocket !== undefined) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port} ${numbers}`;
  if (grpc !== undefined) return `grpc <pod>:${grpc.port} ${grpc.service ?? ''} ${numbers}`;
  return `unknown ${numbers}`;
}
