import { PeapodError } from '../../model/errors.ts';
import { type Column, renderTable } from './table.ts';
import type { Terminal } from './terminal.ts';

export type OutputFormat = 'table' | 'wide' | 'json' | 'yaml' | 'name';

export function parseOutputFormat(text: string | undefined): OutputFormat {
  if (text === undefined) return 'table';
  if (text === 'wide' || text === 'json' || text === 'yaml' || text === 'name') return text;
  throw new PeapodError('Invalid', `invalid output format "${text}": must be one of json, yaml, wide, name`);
}

/** How a kind of thing is shown in each output format. */
export interface ListPrinter<T> {
  columns: readonly Column<T>[];
  /** e.g. `pod/rsyslogd` */
  name: (row: T) => string;
  /** What `-o json` and `-o yaml` show of one. */
  object: (row: T) => unknown;
}

export async function printList<T>(
  out: Terminal,
  format: OutputFormat,
  printer: ListPrinter<T>,
  rows: readonly T[],
): Promise<void> {
  if (format === 'name') {
    for (const row of rows) out.write(`${printer.name(row)}\n`);
  } else if (format === 'json' || format === 'yaml') {
    out.write(await structured(format, { apiVersion: 'v1', kind: 'List', items: rows.map(printer.object) }));
  } else {
    out.write(renderTable(printer.columns, rows, { wide: format === 'wide', painter: out }));
  }
}

export async function structured(format: 'json' | 'yaml', value: unknown): Promise<string> {
  if (format === 'json') return `${JSON.stringify(value, null, 2)}\n`;
  const { toYaml } = await import('./to-yaml.ts');
  return toYaml(value);
}
