import type { FieldErrors } from '../field-error.ts';

/** The signals that a container may be asked to stop with. */
export const STOP_SIGNALS: readonly string[] = [
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP',
  'TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX',
  Array.from({ length: 15 }, (_, index) => `RTMIN+${index + 1}`).join(' '),
  Array.from({ length: 14 }, (_, index) => `RTMAX-${index + 1}`).join(' '),
].flatMap((names) => names.split(' ').map((name) => `SIG${name}`));

export function validateStopSignal(
  errors: FieldErrors,
  signal: string | undefined,
  field: string,
  osName: string | undefined,
): void {
  if (signal === undefined) return;
  if (!osName) {
    errors.forbidden(field, 'may not be set for containers with empty `spec.os.name`');
    return;
  }
  if (!STOP_SIGNALS.includes(signal)) errors.notSupported(field, signal, STOP_SIGNALS);
}
