/** Pictures as PNG: the SVG, painted by resvg with a font of our own, so that it looks the same on every machine. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** At twice the size, for today's screens. */
const ZOOM = 2;
const MAX_PIXELS = 16_000;

export async function paintPng(svg: string): Promise<Uint8Array> {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm');
  const files = [
    import.meta.resolve('@resvg/resvg-wasm/index_bg.wasm'),
    import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
    import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
  ];
  const [program, ...fontBuffers] = await Promise.all(files.map((file) => readFile(fileURLToPath(file))));
  if (program !== undefined) await loadOnce(() => initWasm(program));
  const height = Number(/height="(\d+)"/.exec(svg)?.[1] ?? 0);
  const painter = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: Math.min(ZOOM, MAX_PIXELS / Math.max(1, height)) },
    font: { fontBuffers, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' },
  });
  return painter.render().asPng();
}

let loaded: Promise<unknown> | undefined;

/** The module can be loaded only once in a process. */
function loadOnce(load: () => Promise<unknown>): Promise<unknown> {
  loaded ??= load();
  return loaded;
}
