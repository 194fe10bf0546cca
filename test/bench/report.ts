import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly peapod: number;
  /** Absent where there is nothing to hold it against. */
  readonly peer?: number;
  readonly better: 'less' | 'more';
}

export function printFigures(figures: readonly Figure[]): void {
  for (const figure of figures) {
    const cells = [
      figure.what.padEnd(46),
      shown(figure.peapod, figure.unit).padStart(12),
      peerOf(figure).padStart(12),
      ratioText(figure).padStart(8),
    ];
    console.log(cells.join(''));
  }
}

export interface Report {
  /** What the files are called: `api` for `api.json`, `api.md` and `api.svg`. */
  readonly name: string;
  /** Whom peapod is measured against. */
  readonly peer: string;
  readonly figures: readonly Figure[];
}

/** Writes the figures as data, table and picture. */
export async function writeFigures(directory: string, report: Report): Promise<void> {
  const { name, figures } = report;
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${name}.json`), `${JSON.stringify(figures, null, 2)}\n`);
  await writeFile(join(directory, `${name}.md`), markdown(report));
  await writeFile(join(directory, `${name}.svg`), svg(report));
}

/** 1 where there is no peer: neither better nor worse. */
function ratioOf({ peapod, peer }: Figure): number {
  return peer === undefined ? 1 : peapod / peer;
}

function ratioText(figure: Figure): string {
  return figure.peer === undefined ? '' : ratioOf(figure).toFixed(2);
}

function peerOf({ peer, unit }: Figure): string {
  return peer === undefined ? '' : shown(peer, unit);
}

function shown(value: number, unit: string): string {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${unit}`;
}

function isBetter(figure: Figure): boolean {
  if (figure.peer === undefined) return false;
  return figure.better === 'less' ? ratioOf(figure) <= 1 : ratioOf(figure) >= 1;
}

function markdown({ peer, figures }: Report): string {
  const rows = figures.map((figure) => {
    const ratio = ratioText(figure);
    const cells = [figure.what, shown(figure.peapod, figure.unit), peerOf(figure)];
    return `| ${cells.join(' | ')} | ${isBetter(figure) ? `**${ratio}**` : ratio} |`;
  });
  return [`| | peapod | ${peer} | ratio |`, '|---|---|---|---|', ...rows, ''].join('\n');
}

const ROW = 22;
const MIDDLE = 560;
/** Pixels for a factor of ten. */
const DECADE = 130;

/** Bars on a logarithmic scale: to the right where we are better. */
function svg({ peer, figures }: Report): string {
  const rows = figures.map((figure, index) => {
    const y = 40 + index * ROW;
    const gain = figure.better === 'less' ? 1 / ratioOf(figure) : ratioOf(figure);
    const length = Math.max(-1.7, Math.min(1.7, Math.log10(gain))) * DECADE;
    const x = length < 0 ? MIDDLE + length : MIDDLE;
    const colour = length < 0 ? '#c2703d' : '#3d7a5a';
    const label = [shown(figure.peapod, figure.unit), peerOf(figure)].filter(Boolean).join(' : ');
    return [
      `<text x="10" y="${y + 12}">${figure.what}</text>`,
      `<rect x="${x.toFixed(1)}" y="${y + 2}" width="${Math.abs(length).toFixed(1)}" height="13" fill="${colour}"/>`,
      `<text x="800" y="${y + 12}">${label}</text>`,
    ].join('\n');
  });
  const height = 50 + figures.length * ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="${height}" font-family="sans-serif" font-size="12">
<rect width="1000" height="${height}" fill="white"/>
<text x="10" y="22" font-weight="bold">peapod : ${peer}, of one run; to the right: peapod is better, each gap a factor of ten</text>
${rows.join('\n')}
<line x1="${MIDDLE}" y1="34" x2="${MIDDLE}" y2="${height - 8}" stroke="#444"/>
<line x1="${MIDDLE + DECADE}" y1="34" x2="${MIDDLE + DECADE}" y2="${height - 8}" stroke="#ccc"/>
<line x1="${MIDDLE - DECADE}" y1="34" x2="${MIDDLE - DECADE}" y2="${height - 8}" stroke="#ccc"/>
</svg>
`;
}
