import type { Style, Terminal } from './terminal.ts';

const STYLES: Readonly<Record<string, Style>> = {
  Running: 'green',
  Ready: 'green',
  Active: 'green',
  Bound: 'green',
  Complete: 'dim',
  Completed: 'dim',
  Succeeded: 'dim',
  Normal: 'dim',
  Pending: 'yellow',
  Terminating: 'yellow',
  ContainerCreating: 'yellow',
  PodInitializing: 'yellow',
  Warning: 'yellow',
  NotReady: 'red',
  Unknown: 'red',
  Lost: 'red',
};

/** A word of a STATUS column, coloured by whether it is good, on its way, or bad. */
export function colouredStatus(terminal: Terminal, status: string): string {
  const style =
    STYLES[status.split(',')[0] ?? ''] ??
    (/Err|BackOff|Fail|Evicted|OOM/.test(status) ? 'red' : status.startsWith('Init:') ? 'yellow' : undefined);
  return style === undefined ? status : terminal.style(style, status);
}
