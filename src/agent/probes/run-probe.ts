/** @see kubernetes/pkg/probe/ */
import type { GRPCAction, Probe } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';
import type { AgentDeps } from '../agent-deps.ts';
import type { SpecContainer } from '../spec-containers.ts';
import { messageOf } from '../actions/step-failure.ts';
import { httpTarget } from './http-target.ts';
import type { HttpRequest, ProbeTalk, TcpTarget } from './probe-dialer.ts';
import { resolvePort } from './resolve-port.ts';

export interface ProbeOutcome {
  result: 'success' | 'warning' | 'failure';
  output: string;
  /** Nobody listens: the container has not noticed that it was asked. */
  unnoticed?: boolean;
}

export interface ProbeTarget {
  deps: Pick<AgentDeps, 'runtime' | 'dialer'>;
  container: SpecContainer;
  containerId: string;
  /** Of the pod, as the node reaches it. */
  address: string;
  signal: AbortSignal;
  /** Whether somebody waits for the outcome: for a container that is what it is to be nobody does. */
  isAwaited: boolean;
}

const MAX_OUTPUT_BYTES = 10 * 1024;

/**
 * Asks the container once.
 * @throws Error when it could not be asked at all; the signal's reason when aborted
 */
export async function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeOutcome> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec !== undefined) return probeExec(probe.exec.command ?? [], timeoutMs, target);
  const talk = probeTalk(probe, target);
  if (talk?.kind === 'http') return probeHttp(talk.request, target);
  if (talk?.kind === 'tcp') return probeTcp(talk.target, target);
  if (probe.grpc !== undefined) return probeGrpc(probe.grpc, timeoutMs, target);
  throw new Error(`missing probe handler for container ${target.container.name}`);
}

/**
 * What is said to the container over the network, where that is HTTP, or no more than a connection.
 * @throws RangeError for a port that the container does not have
 */
export function probeTalk(
  probe: Probe,
  { container, address, isAwaited }: Pick<ProbeTarget, 'container' | 'address' | 'isAwaited'>,
): ProbeTalk | undefined {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet !== undefined) {
    const port = resolvePort(probe.httpGet.port, container.spec);
    const request = httpTarget(probe.httpGet, probe.httpGet.host || address, port);
    return { kind: 'http', request: { ...request, timeoutMs, isAwaited } };
  }
  if (probe.tcpSocket === undefined) return undefined;
  const port = resolvePort(probe.tcpSocket.port, container.spec);
  return { kind: 'tcp', target: { host: probe.tcpSocket.host || address, port, timeoutMs, isAwaited } };
}

async function probeExec(
  command: readonly string[],
  timeoutMs: number,
  { deps, containerId, signal }: ProbeTarget,
): Promise<ProbeOutcome> {
  try {
    const { exitCode, stdout, stderr } = await deps.runtime.execSync(containerId, command, {
      signal,
      timeoutMs,
      maxOutputBytes: MAX_OUTPUT_BYTES,
    });
    const output = `${stdout.toString()}${stderr.toString()}`.slice(0, MAX_OUTPUT_BYTES);
    return { result: exitCode === 0 ? 'success' : 'failure', output };
  } catch (error) {
    signal.throwIfAborted();
    if (!isPeapodError(error, 'TimedOut')) throw error;
    const seconds = timeoutMs / 1000;
    return {
      result: 'failure',
      output: `command timed out: "${command.join(' ')}" timed out after ${seconds}s`,
    };
  }
}

async function probeHttp(request: HttpRequest, { deps, signal }: ProbeTarget): Promise<ProbeOutcome> {
  const url = `${request.scheme}://${hostAndPort(request.host, request.port)}${request.path}`;
  try {
    const answer = await deps.dialer.http(request, { signal });
    if (answer.redirectedTo !== undefined) {
      return { result: 'warning', output: `Probe terminated redirects, Response body: ${answer.body}` };
    }
    if (answer.status >= 200 && answer.status < 400) return { result: 'success', output: answer.body };
    return { result: 'failure', output: `HTTP probe failed with statuscode: ${answer.status}` };
  } catch (error) {
    signal.throwIfAborted();
    return { result: 'failure', output: `Get "${url}": ${messageOf(error)}`, unnoticed: isRefusal(error) };
  }
}

async function probeTcp(target: TcpTarget, { deps, signal }: ProbeTarget): Promise<ProbeOutcome> {
  try {
    await deps.dialer.tcp(target, { signal });
    return { result: 'success', output: '' };
  } catch (error) {
    signal.throwIfAborted();
    return { result: 'failure', output: messageOf(error), unnoticed: isRefusal(error) };
  }
}

async function probeGrpc(
  { port, service = '' }: GRPCAction,
  timeoutMs: number,
  { deps, address, signal }: ProbeTarget,
): Promise<ProbeOutcome> {
  try {
    const status = await deps.dialer.grpc({ host: address, port, service, timeoutMs }, { signal });
    if (status === 'SERVING') return { result: 'success', output: 'service healthy' };
    return { result: 'failure', output: `service unhealthy (responded with "${status}")` };
  } catch (error) {
    signal.throwIfAborted();
    return { result: 'failure', output: messageOf(error), unnoticed: isRefusal(error) };
  }
}

function isRefusal(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  return code === 'ECONNREFUSED' || (cause !== undefined && isRefusal(cause));
}

export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
