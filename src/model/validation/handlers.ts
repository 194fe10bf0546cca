/** What is run or asked: by probes and by lifecycle hooks. */
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { eachOf } from '../each-of.ts';
import { checkHttpHeaderName, checkPortName } from './names.ts';
import { checkNotNegative, checkPort } from './numbers.ts';
import { checkNoControlCharacters } from './paths.ts';
import { validateStopSignal } from './stop-signal.ts';

type Handler = LifecycleHandler & Pick<Probe, 'grpc'>;

export function validateProbe(
  errors: FieldErrors,
  kind: 'livenessProbe' | 'readinessProbe' | 'startupProbe',
  probe: Probe | undefined,
  containerField: string,
): void {
  if (probe === undefined) return;
  const field = `${containerField}.${kind}`;
  validateHandler(errors, probe, field, 0);
  checkNotNegative(errors, probe.initialDelaySeconds, `${field}.initialDelaySeconds`);
  checkNotNegative(errors, probe.timeoutSeconds, `${field}.timeoutSeconds`);
  checkNotNegative(errors, probe.periodSeconds, `${field}.periodSeconds`);
  checkNotNegative(errors, probe.successThreshold, `${field}.successThreshold`);
  checkNotNegative(errors, probe.failureThreshold, `${field}.failureThreshold`);
  const grace = probe.terminationGracePeriodSeconds;
  if (kind === 'readinessProbe') {
    if (grace !== undefined) {
      errors.invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes');
    }
    return;
  }
  if (grace !== undefined && grace <= 0) {
    errors.invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0');
  }
  if ((probe.successThreshold ?? 1) !== 1) {
    errors.invalid(`${field}.successThreshold`, probe.successThreshold, 'must be 1');
  }
}

/** @param graceSeconds the pod's, which a sleep may not exceed */
export function validateLifecycle(
  errors: FieldErrors,
  lifecycle: Lifecycle | undefined,
  containerField: string,
  graceSeconds: number,
  osName: string | undefined,
): void {
  if (lifecycle === undefined) return;
  const field = `${containerField}.lifecycle`;
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = lifecycle[hook];
    if (handler !== undefined) validateHandler(errors, handler, `${field}.${hook}`, graceSeconds);
  }
  validateStopSignal(errors, lifecycle.stopSignal, `${field}.stopSignal`, osName);
}

function validateHandler(errors: FieldErrors, handler: Handler, field: string, graceSeconds: number): void {
  const kinds = (['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const).filter(
    (kind) => handler[kind] !== undefined,
  );
  if (kinds.length === 0) errors.required(field, 'must specify a handler type');
  for (const extra of kinds.slice(1)) {
    errors.forbidden(`${field}.${extra}`, 'may not specify more than 1 handler type');
  }
  if (handler.exec && (handler.exec.command ?? []).length === 0) errors.required(`${field}.exec.command`);
  if (handler.httpGet) validateHttpGet(errors, handler.httpGet, `${field}.httpGet`);
  if (handler.tcpSocket) {
    checkPortOrName(errors, handler.tcpSocket.port, `${field}.tcpSocket.port`);
    checkNoControlCharacters(errors, handler.tcpSocket.host ?? '', `${field}.tcpSocket.host`);
  }
  if (handler.grpc) checkPort(errors, handler.grpc.port, `${field}.grpc.port`);
  const seconds = handler.sleep?.seconds;
  if (seconds !== undefined && (seconds < 0 || seconds > graceSeconds)) {
    errors.invalid(
      `${field}.sleep.seconds`,
      seconds,
      `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`,
    );
  }
}

function validateHttpGet(errors: FieldErrors, action: HTTPGetAction, field: string): void {
  if (action.path === '') errors.required(`${field}.path`);
  checkNoControlCharacters(errors, action.path ?? '', `${field}.path`);
  checkNoControlCharacters(errors, action.host ?? '', `${field}.host`);
  checkPortOrName(errors, action.port, `${field}.port`);
  if (action.scheme !== undefined && action.scheme !== 'HTTP' && action.scheme !== 'HTTPS') {
    errors.notSupported(`${field}.scheme`, action.scheme, ['HTTP', 'HTTPS']);
  }
  eachOf(action.httpHeaders, `${field}.httpHeaders`, (header, path) => {
    errors.invalidFor(`${path}.name`, header.name, checkHttpHeaderName(header.name));
    checkNoControlCharacters(errors, header.value, `${path}.value`);
  });
}

function checkPortOrName(errors: FieldErrors, port: number | string, field: string): void {
  if (typeof port === 'number') checkPort(errors, port, field);
  else errors.invalidFor(field, port, checkPortName(port));
}
