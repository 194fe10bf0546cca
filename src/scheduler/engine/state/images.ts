/** On how many nodes an image is. */
import type { NodeInfo } from './node-info.ts';

export class ImageSpread {
  /** Changes when anything does that image scores follow from. */
  epoch = 0;
  readonly #nodesWith = new Map<string, number>();

  add(info: NodeInfo, sign: 1 | -1): void {
    if (info.images.size > 0 || this.#nodesWith.size > 0) this.epoch++;
    for (const name of info.images.keys()) {
      const nodes = (this.#nodesWith.get(name) ?? 0) + sign;
      if (nodes === 0) this.#nodesWith.delete(name);
      else this.#nodesWith.set(name, nodes);
    }
  }

  nodesWith(name: string): number {
    return this.#nodesWith.get(name) ?? 0;
  }
}
