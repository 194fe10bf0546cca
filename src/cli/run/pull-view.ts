import type { PullProgress } from '../../runtime/pod-runtime.ts';
import { humanSize } from '../output/human-size.ts';
import { LiveBlock } from '../output/live-block.ts';
import { progressBar } from '../output/progress-bar.ts';
import type { Terminal } from '../output/terminal.ts';

const REDRAW_MS = 80;

export interface ImageProgress extends Disposable {
  update(layer: PullProgress): void;
  done(): void;
}

/** Shows the images being pulled: a bar for each on a terminal, a line at its start and end elsewhere. */
export class PullView implements AsyncDisposable {
  readonly #terminal: Terminal;
  readonly #block: LiveBlock;
  readonly #pulls = new Map<string, Map<string, PullProgress>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#block = new LiveBlock(terminal);
  }

  start(reference: string): ImageProgress {
    const layers = new Map<string, PullProgress>();
    const startedAt = performance.now();
    this.#pulls.set(reference, layers);
    if (this.#terminal.isTty) this.#timer ??= setInterval(() => this.#draw(), REDRAW_MS);
    else this.#terminal.write(`Pulling ${reference}\n`);
    return {
      update: (layer) => void layers.set(layer.layerDigest, layer),
      done: () => {
        this.#end(reference);
        const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
        const size = humanSize(sum([...layers.values()].map((layer) => layer.totalBytes)));
        const mark = this.#terminal.isTty ? `${this.#terminal.style('green', '✔')} ` : '';
        this.#terminal.write(`${mark}Pulled ${reference} (${size} in ${seconds} s)\n`);
        if (this.#terminal.isTty && this.#pulls.size > 0) this.#draw();
      },
      [Symbol.dispose]: () => this.#end(reference),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    if (this.#terminal.isTty) this.#block.clear();
  }

  #end(reference: string): void {
    if (this.#pulls.delete(reference) && this.#terminal.isTty) this.#block.clear();
  }

  #draw(): void {
    this.#block.draw(
      [...this.#pulls].map(([reference, layers]) => this.#line(reference, [...layers.values()])),
    );
  }

  #line(reference: string, layers: readonly PullProgress[]): string {
    const total = sum(layers.map((layer) => layer.totalBytes));
    const current = sum(layers.map((layer) => (isComplete(layer) ? layer.totalBytes : layer.currentBytes)));
    const bar = this.#terminal.style('cyan', progressBar(total === 0 ? 0 : current / total, 24));
    // Before the registry has answered, nobody knows how much there is.
    const amount =
      layers.length === 0 ? 'asking the registry' : `${humanSize(current)} / ${humanSize(total)}`;
    return `${bar} ${reference} ${this.#terminal.style('dim', amount)}`;
  }
}

function isComplete({ phase }: PullProgress): boolean {
  return phase === 'done' || phase === 'present' || phase === 'unpacking';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
