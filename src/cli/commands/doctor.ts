import { linuxHost } from '../doctor/linux-host.ts';
import { renderReport } from '../doctor/render-report.ts';
import { runDoctor } from '../doctor/run-doctor.ts';
import { parseOutputFormat, structured } from '../output/print-list.ts';
import { terminalOf } from '../output/terminal.ts';
import type { Settings } from '../settings.ts';

/** `peapod system doctor`: exit code 1 when pods cannot run here. */
export async function doctor(settings: Settings, options: { fix?: true; output?: string }): Promise<void> {
  const format = parseOutputFormat(options.output);
  const report = await runDoctor(linuxHost(settings), { fix: options.fix === true });
  const terminal = terminalOf(process.stdout);
  const structure = format === 'json' || format === 'yaml';
  terminal.write(structure ? await structured(format, report) : renderReport(report, terminal));
  if (report.verdict === 'fail') process.exitCode = 1;
}
