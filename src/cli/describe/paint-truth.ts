import type { Painter, Style } from '../output/terminal.ts';

const STYLES: Readonly<Record<string, Style>> = { True: 'green', False: 'yellow', Unknown: 'red' };

/** The status of a condition. False is no failure by itself: of a pod that has completed `Ready` is false too. */
export function paintTruth(painter: Painter, status: string): string {
  const style = STYLES[status];
  return style === undefined ? status : painter.style(style, status);
}
