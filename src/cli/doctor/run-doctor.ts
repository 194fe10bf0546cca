import type { Check, Finding, Verdict } from './check.ts';
import { CGROUP_CHECKS } from './checks/cgroups.ts';
import { FILE_CHECKS } from './checks/files.ts';
import { NETWORK_CHECKS } from './checks/network.ts';
import { PROGRAM_CHECKS } from './checks/programs.ts';
import { SECURITY_CHECKS } from './checks/security.ts';
import { SYSTEM_CHECKS } from './checks/system.ts';
import type { DoctorHost } from './doctor-host.ts';

const CHECKS: readonly Check[] = [
  ...SYSTEM_CHECKS,
  ...CGROUP_CHECKS,
  ...PROGRAM_CHECKS,
  ...NETWORK_CHECKS,
  ...FILE_CHECKS,
  ...SECURITY_CHECKS,
];

export interface Report {
  /** The worst of all. */
  verdict: Verdict;
  checks: CheckReport[];
}

export interface CheckReport {
  name: string;
  verdict: Verdict;
  message: string;
  /** The command that mends it. */
  mend?: string;
  /** What `--fix` ran, in order, up to the first that failed. */
  ran?: FixStep[];
}

export interface FixStep {
  command: string;
  /** What it said when it failed. */
  error?: string;
}

/**
 * Examines the host; with `fix` also mends what can be mended without risk, and examines that again.
 * Never throws for what it finds: a check that breaks is a warning.
 */
export async function runDoctor(host: DoctorHost, options: { fix: boolean }): Promise<Report> {
  const checks: CheckReport[] = [];
  for (const check of CHECKS) checks.push(await runCheck(check, host, options));
  return { verdict: worst(checks), checks };
}

async function runCheck(check: Check, host: DoctorHost, options: { fix: boolean }): Promise<CheckReport> {
  const found = await examine(check, host);
  if (!options.fix || found.fix === undefined) return reportOf(check, found);
  const ran = await apply(found.fix, host);
  return { ...reportOf(check, await examine(check, host)), ran };
}

async function examine(check: Check, host: DoctorHost): Promise<Finding> {
  try {
    return await check.examine(host);
  } catch (error) {
    return {
      verdict: 'warn',
      message: `cannot be examined: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

async function apply(commands: NonNullable<Finding['fix']>, host: DoctorHost): Promise<FixStep[]> {
  const steps: FixStep[] = [];
  for (const [program, ...args] of commands) {
    const command = [program, ...args].join(' ');
    const { code, stderr } = await host.run(program, ...args);
    if (code !== 0) return [...steps, { command, error: stderr.trim() }];
    steps.push({ command });
  }
  return steps;
}

function reportOf(check: Check, { verdict, message, mend }: Finding): CheckReport {
  return { name: check.name, verdict, message, ...(mend === undefined ? {} : { mend }) };
}

function worst(checks: readonly CheckReport[]): Verdict {
  const verdicts = checks.map(({ verdict }) => verdict);
  return verdicts.includes('fail') ? 'fail' : verdicts.includes('warn') ? 'warn' : 'ok';
}
