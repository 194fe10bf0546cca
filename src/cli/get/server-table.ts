/** Tables as the server prints them. */
import { heading } from '../output/heading.ts';
import { colouredStatus } from '../output/status-colour.ts';
import { printable, type Terminal } from '../output/terminal.ts';

export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

export interface ServerTable {
  readonly kind: 'Table';
  readonly metadata?: { readonly resourceVersion?: string };
  readonly columnDefinitions?: readonly TableColumn[];
  readonly rows?: readonly TableRow[];
}

export interface TableColumn {
  readonly name: string;
  readonly priority: number;
}

export interface TableRow {
  readonly cells: readonly unknown[];
  readonly object?: {
    readonly metadata?: { name?: string; namespace?: string; resourceVersion?: string };
  };
}

export interface TableLook {
  readonly terminal: Terminal;
  readonly wide: boolean;
  /** With a first column for it. */
  readonly namespaces: boolean;
  /** Before each name, as `pod/`; empty for one kind. */
  readonly prefix: string;
}

export function headingOf(columns: readonly TableColumn[], look: TableLook): string[] {
  const names = shown(columns, look).map(({ name }) => name.toUpperCase());
  return heading(look.terminal, look.namespaces ? ['NAMESPACE', ...names] : names);
}

export function cellsOf(columns: readonly TableColumn[], row: TableRow, look: TableLook): string[] {
  const cells = shown(columns, look).map((column) => {
    const cell = row.cells[columns.indexOf(column)];
    const text = printable(typeof cell === 'string' ? cell : cell === undefined ? '' : JSON.stringify(cell));
    if (column.name === 'Name') return look.prefix + text;
    return column.name === 'Status' || column.name === 'Type' ? colouredStatus(look.terminal, text) : text;
  });
  return look.namespaces ? [row.object?.metadata?.namespace ?? '', ...cells] : cells;
}

function shown(columns: readonly TableColumn[], { wide }: TableLook): TableColumn[] {
  return columns.filter(({ priority }) => wide || priority === 0);
}
