import type { Painter, Style } from './terminal.ts';

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
  Waiting: 'yellow',
  Warning: 'yellow',
  NotReady: 'red',
  Unknown: 'red',
  Lost: 'red',
};

/** A word of a STATUS column or a state, coloured by whether it is good, on its way, or bad. */
export function colouredStatus(painter: Painter, status: string): string {
  const style =
    STYLES[status.split(',')[0] ?? ''] ??
    (/Err|BackOff|Fail|Evicted|OOM|StatusUnknown/.test(status)
      ? 'red'
      : status.startsWith('Init:')
        ? 'yellow'
        : undefined);
  return style === undefined ? status : painter.style(style, status);
}
