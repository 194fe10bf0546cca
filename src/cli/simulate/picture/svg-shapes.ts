/** The few shapes that our pictures are made of, as SVG's text. */

export const FONT = "'DejaVu Sans', Verdana, Arial, sans-serif";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function rectangle(
  box: Box,
  attributes: Readonly<Record<string, string | number>>,
  title?: string,
): string {
  const { x, y, width, height } = box;
  const shape = attributesText({
    x: round(x),
    y: round(y),
    width: round(width),
    height: round(height),
    ...attributes,
  });
  return title === undefined
    ? `<rect ${shape}/>`
    : `<rect ${shape}><title>${escapeXml(title)}</title></rect>`;
}

export interface TextStyle {
  readonly size: number;
  readonly fill: string;
  readonly bold?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
}

/** The baseline's start, middle or end is at (x, y). */
export function label(x: number, y: number, text: string, { size, fill, bold, anchor }: TextStyle): string {
  const attributes = attributesText({
    x: round(x),
    y: round(y),
    'font-size': size,
    fill,
    ...(bold === true && { 'font-weight': 'bold' }),
    ...(anchor !== undefined && anchor !== 'start' && { 'text-anchor': anchor }),
  });
  return `<text ${attributes}>${escapeXml(text)}</text>`;
}

/** As much of the text as has room, by the font's average width; nothing when hardly any has. */
export function fitting(text: string, width: number, size: number, bold = false): string {
  const perLetter = size * (bold ? 0.66 : 0.58);
  const room = Math.floor(width / perLetter);
  if (text.length <= room) return text;
  return room < 4 ? '' : `${text.slice(0, room - 1)}…`;
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function attributesText(attributes: Readonly<Record<string, string | number>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}="${escapeXml(String(value))}"`)
    .join(' ');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
