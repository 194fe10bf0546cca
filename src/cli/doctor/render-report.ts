import { printable, type Style, type Terminal } from '../output/terminal.ts';
import type { Verdict } from './check.ts';
import type { CheckReport, Report } from './run-doctor.ts';

const STYLES: Record<Verdict, Style> = { ok: 'green', warn: 'yellow', fail: 'red' };

const CONCLUSIONS: Record<Verdict, string> = {
  ok: 'Pods can run here.',
  warn: 'Pods can run here, with the limits above.',
  fail: 'Pods cannot run here yet.',
};

/** One line for each check, below it what mends it or what was run to mend it. */
export function renderReport(report: Report, terminal: Pick<Terminal, 'style'>): string {
  const width = Math.max(...report.checks.map(({ name }) => name.length));
  const lines = report.checks.flatMap((check) => renderCheck(check, width, terminal));
  return `${[...lines, CONCLUSIONS[report.verdict]].join('\n')}\n`;
}

function renderCheck(check: CheckReport, nameWidth: number, terminal: Pick<Terminal, 'style'>): string[] {
  const verdict = terminal.style(STYLES[check.verdict], check.verdict.padEnd(4));
  const indent = ' '.repeat(nameWidth + 8);
  const ran = (check.ran ?? []).flatMap(({ command, error }) => [
    `${indent}${terminal.style('dim', 'ran:')} ${command}`,
    ...(error === undefined ? [] : [`${indent}${terminal.style('red', 'failed:')} ${printable(error)}`]),
  ]);
  const mend = check.mend === undefined ? [] : [`${indent}${terminal.style('dim', 'mend:')} ${check.mend}`];
  return [`${verdict}  ${check.name.padEnd(nameWidth)}  ${printable(check.message)}`, ...ran, ...mend];
}
