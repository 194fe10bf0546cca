/**
 * The nodes as boxes, their pods in them, each as wide as the memory that it asks for; below it what they take of the CPU. Few nodes
 * have a line each, many become small cards.
 */
import { formatAmount } from '../../../scheduler/explain/format-amount.ts';
import {
  type ClusterPicture,
  type PictureNode,
  type PicturePod,
  shareOf,
  usedOf,
} from './cluster-picture.ts';
import { type Box, fitting, FONT, label, rectangle } from './svg-shapes.ts';

const WIDTH = 1000;
const MARGIN = 32;
const INK = '#1e293b';
const FAINT = '#64748b';
const BEFORE = { fill: '#d5dce6', ink: '#475569' };
const PALETTE = ['#3b6fe0', '#0f9f6e', '#c2410c', '#9333ea', '#0e7490', '#be185d', '#4d7c0f', '#a16207'];
const MAX_LINES = 10;
/** However little a pod takes, it can be seen. */
const MIN_PIECE = 0.8;

interface Layout {
  readonly columns: number;
  readonly track: number;
  readonly cpuTrack: number;
  readonly gap: number;
}

const LINES: Layout = { columns: 1, track: 64, cpuTrack: 8, gap: 34 };
const CARDS: Layout = { columns: 4, track: 28, cpuTrack: 5, gap: 20 };
const TILES: Layout = { columns: 12, track: 14, cpuTrack: 3, gap: 10 };

export function drawSvg(picture: ClusterPicture): string {
  const { nodes, pending } = picture;
  const layout = nodes.length <= MAX_LINES ? LINES : nodes.length <= 200 ? CARDS : TILES;
  const body: string[] = [
    label(MARGIN, MARGIN + 14, headingOf(picture), { size: 17, fill: INK, bold: true }),
  ];
  body.push(
    label(WIDTH - MARGIN, MARGIN + 14, 'box: memory · line below: cpu', {
      size: 11,
      fill: FAINT,
      anchor: 'end',
    }),
  );
  let y = MARGIN + 42;
  if (picture.groups.length > 1) {
    body.push(drawLegend(picture.groups, y - 8));
    y += 26;
  }
  const inside = WIDTH - 2 * MARGIN;
  const cell = (inside - (layout.columns - 1) * 16) / layout.columns;
  const height = 20 + layout.track + layout.cpuTrack + 4;
  const largest = Math.max(1, ...nodes.map(sizeOf));
  for (const [index, node] of nodes.entries()) {
    const column = index % layout.columns;
    const row = Math.floor(index / layout.columns);
    const x = MARGIN + column * (cell + 16);
    body.push(
      drawNode(node, { x, y: y + row * (height + layout.gap), width: cell, height }, layout, largest),
    );
  }
  y += Math.ceil(nodes.length / layout.columns) * (height + layout.gap);
  if (pending.length > 0) {
    const { text, bottom } = drawPending(pending, y);
    body.push(text);
    y = bottom;
  }
  const total = Math.ceil(y + MARGIN - layout.gap / 2);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${total}" viewBox="0 0 ${WIDTH} ${total}" font-family="${FONT}">
<rect width="${WIDTH}" height="${total}" fill="#ffffff"/>
${body.join('\n')}
</svg>
`;
}

/** Which colour is whose, as far as a line reaches. */
function drawLegend(groups: readonly string[], y: number): string {
  let x = MARGIN;
  const parts: string[] = [];
  for (const [index, name] of groups.entries()) {
    const width = 20 + name.length * 6.8 + 14;
    if (x + width > WIDTH - MARGIN) {
      parts.push(label(x, y, '…', { size: 11.5, fill: FAINT }));
      break;
    }
    parts.push(
      rectangle(
        { x, y: y - 10, width: 12, height: 12 },
        { rx: 3, fill: PALETTE[index % PALETTE.length] ?? INK },
      ),
      label(x + 18, y, name, { size: 11.5, fill: INK }),
    );
    x += width;
  }
  return parts.join('\n');
}

function headingOf({ nodes, pending }: ClusterPicture): string {
  const pods = nodes.flatMap((node) => node.pods);
  const placed = pods.filter(({ group }) => group > 0).length;
  const parts = [count(nodes.length, 'node'), `${count(placed, 'pod')} placed`];
  if (pods.length > placed) parts.push(`${pods.length - placed} there before`);
  if (pending.length > 0) parts.push(`${pending.length} pending`);
  return parts.join(' · ');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function sizeOf({ memory, cpu }: PictureNode): number {
  return memory > 0 ? memory : cpu;
}

/** Wider for a larger node; by the root, so that a small one can still be read. */
function drawNode(node: PictureNode, box: Box, layout: Layout, largest: number): string {
  const isLine = layout === LINES;
  const width = isLine ? Math.max(0.25, Math.sqrt(sizeOf(node) / largest)) * box.width : box.width;
  const track: Box = { x: box.x, y: box.y + 20, width, height: layout.track };
  const cpuTrack: Box = { x: box.x, y: track.y + track.height + 4, width, height: layout.cpuTrack };
  const size = layout === TILES ? 8 : isLine ? 14 : 11;
  const name = node.cordoned && layout !== TILES ? `${node.name} (cordoned)` : node.name;
  const parts = [
    label(box.x, box.y + 12, fitting(name, box.width, size, true), { size, fill: INK, bold: true }),
    rectangle(
      track,
      {
        rx: Math.min(6, layout.track / 5),
        fill: '#f8fafc',
        stroke: '#94a3b8',
        'stroke-width': 1.2,
        ...dashes(node),
      },
      factsOf(node),
    ),
    rectangle(cpuTrack, { rx: layout.cpuTrack / 2, fill: '#eef2f7' }),
  ];
  if (isLine) {
    const nameWidth = name.length * size * 0.68 + 14;
    parts.push(label(box.x + nameWidth, box.y + 12, factsOf(node), { size: 11.5, fill: FAINT }));
  }
  let x = track.x;
  let cpuX = cpuTrack.x;
  for (const pod of node.pods) {
    const podWidth = shareOf(pod, node) * width;
    const cpuWidth = node.cpu > 0 ? (pod.cpu / node.cpu) * width : 0;
    if (podWidth > 0) parts.push(drawPod(pod, { ...track, x, width: Math.max(MIN_PIECE, podWidth) }, isLine));
    if (cpuWidth > 0.3)
      parts.push(rectangle({ ...cpuTrack, x: cpuX, width: cpuWidth }, { fill: colourOf(pod).fill, rx: 1.5 }));
    x += podWidth;
    cpuX += cpuWidth;
  }
  if (isLine) parts.push(drawFree(node, { ...track, x, width: track.x + width - x }));
  return parts.join('\n');
}

function dashes({ cordoned }: PictureNode): Record<string, string> {
  return cordoned ? { 'stroke-dasharray': '6 4' } : {};
}

function drawFree(node: PictureNode, box: Box): string {
  const free = formatAmount('memory', node.memory - usedOf(node, 'memory'));
  const text = [`${free} free`, free].find((one) => fitting(one, box.width - 8, 11) === one) ?? '';
  const style = { size: 11, fill: FAINT, anchor: 'middle' } as const;
  return text === '' ? '' : label(box.x + box.width / 2, box.y + box.height / 2 + 4, text, style);
}

function factsOf(node: PictureNode): string {
  const facts = (['memory', 'cpu'] as const).map(
    (resource) =>
      `${resource} ${formatAmount(resource, usedOf(node, resource))} of ${formatAmount(resource, node[resource])}`,
  );
  return [...facts, count(node.pods.length, 'pod')].join('  ·  ');
}

function colourOf({ group }: PicturePod): { fill: string; ink: string } {
  if (group === 0) return BEFORE;
  return { fill: PALETTE[(group - 1) % PALETTE.length] ?? INK, ink: '#ffffff' };
}

/** The pod with its containers in it, side by side. */
function drawPod(pod: PicturePod, outer: Box, withText: boolean): string {
  const { fill, ink } = colourOf(pod);
  const inset = Math.min(2, outer.width / 6);
  const box = {
    x: outer.x + inset,
    y: outer.y + 3,
    width: outer.width - 2 * inset,
    height: outer.height - 6,
  };
  const size = `${formatAmount('memory', pod.memory)} memory, ${formatAmount('cpu', pod.cpu)} cpu`;
  const parts = [
    rectangle(box, { rx: Math.round(Math.min(5, box.width / 3)), fill }, `${pod.name}: ${size}`),
  ];
  if (!withText) return parts.join('\n');
  const isGroup = pod.containers.length > 1 && box.width / pod.containers.length > 16;
  const amount = formatAmount('memory', pod.memory);
  const full = fitting(`${pod.name}  ${amount}`, box.width - 12, 12, true);
  const heading = full.endsWith('…') ? fitting(pod.name, box.width - 10, 12, true) : full;
  const headingY = box.y + (isGroup ? 18 : box.height / 2 + 4);
  parts.push(
    label(box.x + box.width / 2, headingY, heading, { size: 12, fill: ink, bold: true, anchor: 'middle' }),
  );
  if (isGroup) parts.push(drawContainers(pod, { ...box, y: box.y + 26, height: box.height - 30 }, ink));
  return parts.join('\n');
}

function drawContainers({ containers }: PicturePod, box: Box, ink: string): string {
  const room = box.width - 8 - (containers.length - 1) * 3;
  let x = box.x + 4;
  return containers
    .map(({ name, share }) => {
      const width = Math.max(2, share * room);
      const inner = { x, y: box.y, width, height: box.height };
      x += width + 3;
      const text = fitting(name, width - 6, 10);
      const shape = rectangle(inner, { rx: 3, fill: ink, 'fill-opacity': 0.22 }, name);
      const y = inner.y + inner.height / 2 + 3.5;
      return `${shape}\n${label(inner.x + width / 2, y, text, { size: 10, fill: ink, anchor: 'middle' })}`;
    })
    .join('\n');
}

const MAX_PENDING = 40;

function drawPending(pending: ClusterPicture['pending'], top: number): { text: string; bottom: number } {
  const width = WIDTH - 2 * MARGIN;
  const parts = [label(MARGIN, top + 12, 'Pending', { size: 14, fill: '#b91c1c', bold: true })];
  let y = top + 24;
  for (const pod of pending.slice(0, MAX_PENDING)) {
    const name = fitting(`${pod.name}  ${formatAmount('memory', pod.memory)}`, width - 20, 12, true);
    const reasons = wrapped(pod.reason, Math.floor((width - 28) / 6));
    const height = 28 + reasons.length * 15;
    const box = { x: MARGIN, y, width, height };
    parts.push(
      rectangle(box, { rx: 6, fill: '#fef2f2', stroke: '#ef4444', 'stroke-dasharray': '5 4' }),
      label(MARGIN + 14, y + 19, name, { size: 12, fill: '#7f1d1d', bold: true }),
      ...reasons.map((line, index) =>
        label(MARGIN + 14, y + 36 + index * 15, line, { size: 11, fill: '#991b1b' }),
      ),
    );
    y += height + 10;
  }
  if (pending.length > MAX_PENDING) {
    const text = `and ${pending.length - MAX_PENDING} more`;
    parts.push(label(MARGIN, y + 12, text, { size: 12, fill: '#991b1b' }));
    y += 26;
  }
  return { text: parts.join('\n'), bottom: y };
}

/** Lines of at most so many letters, broken between words. */
function wrapped(text: string, letters: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > letters) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].slice(0, 4);
}
