import type { Event, Pod } from '../../model/api/types.ts';
import { LiveBlock } from '../output/live-block.ts';
import { displayWidth, printable, type Terminal } from '../output/terminal.ts';
import { type ContainerView, containerViews, type Stage } from './container-stage.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MS = 80;

/** Shows what happens to each container: one living line for each on a terminal, a line for each change elsewhere. */
export class StartView implements Disposable {
  readonly #terminal: Terminal;
  readonly #block: LiveBlock;
  readonly #pods = new Map<string, { pod: Pod; events: readonly Event[] }>();
  readonly #told = new Map<string, string>();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #warnings: string[] = [];
  #frame = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#block = new LiveBlock(terminal);
    if (terminal.isTty) this.#timer = setInterval(() => this.#draw(), REDRAW_MS).unref();
  }

  show(pod: Pod, events: readonly Event[]): void {
    this.#pods.set(pod.metadata?.uid ?? '', { pod, events });
    if (this.#terminal.isTty) this.#draw();
    else for (const view of containerViews(pod, events)) this.#tell(pod, view);
  }

  /** Something that the user should know, below what is shown. */
  warn(message: string): void {
    this.#warnings.push(message);
  }

  /** Leaves the last state standing. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    if (this.#terminal.isTty) this.#draw();
    for (const text of this.#warnings)
      this.#terminal.write(`${this.#terminal.style('yellow', 'Warning:')} ${printable(text)}\n`);
  }

  #tell(pod: Pod, view: ContainerView): void {
    const name = `${pod.metadata?.name}/${view.name}`;
    if (view.text === 'Pending' || this.#told.get(name) === view.text) return;
    this.#told.set(name, view.text);
    this.#terminal.write(`${name}: ${printable(view.text)}\n`);
  }

  #draw(): void {
    this.#frame += 1;
    this.#block.draw([...this.#pods.values()].flatMap(({ pod, events }) => this.#podLines(pod, events)));
  }

  #podLines(pod: Pod, events: readonly Event[]): string[] {
    const views = containerViews(pod, events);
    const width = Math.max(...views.map(({ name }) => displayWidth(name)));
    const address =
      pod.status?.podIP === undefined ? '' : this.#terminal.style('dim', `  ${pod.status.podIP}`);
    return [
      `${this.#terminal.style('bold', pod.metadata?.name ?? '')}${address}`,
      ...views.map(
        ({ name, stage, text }) => `  ${this.#mark(stage)} ${name.padEnd(width)}  ${printable(text)}`,
      ),
    ];
  }

  #mark(stage: Stage): string {
    if (stage === 'waiting') return this.#terminal.style('cyan', FRAMES[this.#frame % FRAMES.length] ?? '');
    if (stage === 'failed') return this.#terminal.style('red', '✘');
    return this.#terminal.style('green', '✔');
  }
}
