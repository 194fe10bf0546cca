/** The nodes as bars of text, each pod a piece as long as the memory that it asks for. */
import { formatAmount } from '../../../scheduler/explain/format-amount.ts';
import { displayWidth, type Style, type Terminal } from '../../output/terminal.ts';
import {
  type ClusterPicture,
  type PictureNode,
  type PicturePod,
  shareOf,
  usedOf,
} from './cluster-picture.ts';

const COLOURS: readonly Style[] = ['cyan', 'green', 'yellow', 'magenta', 'blue'];
const MIN_BAR = 24;
const MAX_BAR = 96;

/** Fits the terminal's width. Names stand in the pieces that are long enough. */
export function drawForTerminal(
  { nodes, pending }: ClusterPicture,
  { columns, style }: Pick<Terminal, 'columns' | 'style'>,
): string {
  const labels = Math.max(0, ...nodes.map(({ name }) => displayWidth(name)));
  const facts = nodes.map(factsOf);
  const rest = columns - labels - Math.max(0, ...facts.map(displayWidth)) - 5;
  const width = Math.max(MIN_BAR, Math.min(MAX_BAR, rest));
  const largest = Math.max(1, ...nodes.map(sizeOf));
  const lines = nodes.map((node, index) => {
    // By the root, so that a small node can still be read.
    const cells = Math.max(8, Math.round(width * Math.sqrt(sizeOf(node) / largest)));
    const bar = drawBar(node, Math.min(cells, width), style);
    const space = ' '.repeat(labels - displayWidth(node.name));
    const padding = ' '.repeat(width - Math.min(cells, width));
    return `${style('bold', node.name)}${space}  ${bar}${padding}  ${facts[index] ?? ''}`.trimEnd();
  });
  if (pending.length > 0) lines.push('', style('bold', 'Pending'));
  for (const pod of pending) {
    const size = formatAmount('memory', pod.memory);
    lines.push(`  ${style('red', pod.name)} ${size}  ${style('dim', pod.reason)}`);
  }
  return `${lines.join('\n')}\n`;
}

function sizeOf({ memory, cpu }: PictureNode): number {
  return memory > 0 ? memory : cpu;
}

function factsOf(node: PictureNode): string {
  const facts = (['memory', 'cpu'] as const).map((resource) => {
    const used = formatAmount(resource, usedOf(node, resource));
    return `${used}/${formatAmount(resource, node[resource])}${resource === 'cpu' ? ' cpu' : ''}`;
  });
  return `${facts.join('  ')}${node.cordoned ? '  cordoned' : ''}`;
}

function drawBar(node: PictureNode, cells: number, style: Terminal['style']): string {
  const inside = cells - 2;
  let bar = '';
  let drawn = 0;
  let reached = 0;
  for (const pod of node.pods) {
    reached += shareOf(pod, node) * inside;
    const length = Math.min(inside, Math.max(drawn, Math.round(reached))) - drawn;
    bar += drawPiece(pod, length, style);
    drawn += length;
  }
  return `▕${bar}${style('dim', '·'.repeat(inside - drawn))}▏`;
}

function drawPiece({ name, group }: PicturePod, length: number, style: Terminal['style']): string {
  if (length === 0) return '';
  const colour = group === 0 ? 'dim' : (COLOURS[(group - 1) % COLOURS.length] ?? 'cyan');
  return style(colour, textOfPiece(name, length, group === 0 ? '░' : '▓'));
}

/** The name between brackets, or as much of it as has room. */
function textOfPiece(name: string, length: number, fill: string): string {
  if (length === 1) return '|';
  const room = length - 2;
  if (room < 2) return `[${fill.repeat(room)}]`;
  const shown = displayWidth(name) <= room ? name : `${name.slice(0, room - 1)}…`;
  const left = Math.floor((room - displayWidth(shown)) / 2);
  return `[${fill.repeat(left)}${shown}${fill.repeat(room - left - displayWidth(shown))}]`;
}
