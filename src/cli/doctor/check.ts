import type { DoctorHost } from './doctor-host.ts';

/** `fail`: pods cannot run. `warn`: something that a manifest may ask for is missing. */
export type Verdict = 'ok' | 'warn' | 'fail';

export interface Finding {
  verdict: Verdict;
  /** What was found, and what follows from it. */
  message: string;
  /** The command that mends it, for the user to run. */
  mend?: string;
  /** Commands that mend it and that `--fix` may run: they change no data, no configuration file and no running program. */
  fix?: readonly (readonly [string, ...string[]])[];
}

/** One thing that pods need of a host. */
export interface Check {
  name: string;
  examine(host: DoctorHost): Promise<Finding>;
}

export function ok(message: string): Finding {
  return { verdict: 'ok', message };
}

export function warn(message: string, mend?: string): Finding {
  return { verdict: 'warn', message, ...(mend === undefined ? {} : { mend }) };
}

export function fail(message: string, mend?: string): Finding {
  return { verdict: 'fail', message, ...(mend === undefined ? {} : { mend }) };
}
