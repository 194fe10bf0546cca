import type { Painter } from '../output/terminal.ts';

/** Deeper ones are words of commands, which may end in a colon by themselves. */
const DEEPEST_HEADING = 4;

/** Makes labels before values dim, and those of a block bold, in lines that are not aligned yet. */
export function paintLabels(lines: readonly string[], painter: Painter): string[] {
  return lines.map((line) => {
    const [, indent = '', label, rest = ''] = /^( *)([^\s:][^\t]*?:)(\t.*)?$/s.exec(line) ?? [];
    if (label === undefined) return line;
    if (rest !== '') return indent + painter.style('dim', label) + rest;
    return indent.length > DEEPEST_HEADING ? line : indent + painter.style('bold', label);
  });
}
