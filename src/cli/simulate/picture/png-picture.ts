/** Pictures as PNG: the SVG, painted by resvg with a font of our own, so that it looks the same on every machine. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** At twice the size, for today's screens. */
const ZOOM = 2;
const MAX_PIXELS = 16_000;

const fromHere = createRequire(import.meta.url);

export async function paintPng(svg: string): Promise<Uint8Array> {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm');
  const [program, ...fontBuffers] = await Promise.all(
    ['@resvg/resvg-wasm/index_bg.wasm', fontFile('DejaVuSans'), fontFile('DejaVuSans-Bold')].map((file) =>
      readFile(fromHere.resolve(file)),
    ),
  );
  if (program !== undefined) await loadOnce(() => initWasm(program));
  const height = Number(/height="(\d+)"/.exec(svg)?.[1] ?? 0);
  const painter = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: Math.min(ZOOM, MAX_PIXELS / Math.max(1, height)) },
    font: { fontBuffers, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' },
  });
  return painter.render().asPng();
}

function fontFile(name: string): string {
  return `dejavu-fonts-ttf/ttf/${name}.ttf`;
}

let loaded: Promise<unknown> | undefined;

/** The module can be loaded only once in a process. */
function loadOnce(load: () => Promise<unknown>): Promise<unknown> {
  loaded ??= load();
  return loaded;
}
