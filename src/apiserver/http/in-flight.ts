import { StatusError } from '../errors/status-error.ts';

/**
 * Keeps one server from being drowned: so many requests at a time, reading and writing apart, as kube-apiserver counts them
 * without priorities. What may last for long (watches, streams) is not counted, but limited too.
 */
export class InFlight {
  readonly #limits: Record<RequestClass, number>;
  readonly #counts: Record<RequestClass, number> = { reading: 0, writing: 0, lasting: 0 };

  constructor(limits: Partial<Record<RequestClass, number>> = {}) {
    this.#limits = { reading: 400, writing: 200, lasting: 10_000, ...limits };
  }

  /** @throws StatusError TooManyRequests */
  enter(kind: RequestClass): Disposable {
    if (this.#counts[kind] >= this.#limits[kind]) {
      throw new StatusError('TooManyRequests', 'too many requests, please try again later', {
        retryAfterSeconds: 1,
      });
    }
    this.#counts[kind] += 1;
    return {
      [Symbol.dispose]: () => {
        this.#counts[kind] -= 1;
      },
    };
  }

  get counts(): Readonly<Record<RequestClass, number>> {
    return this.#counts;
  }
}

export type RequestClass = 'reading' | 'writing' | 'lasting';

const LASTING_SUBRESOURCES: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy', 'log']);

export function requestClass(verb: string, subresource: string): RequestClass {
  if (verb === 'watch' || LASTING_SUBRESOURCES.has(subresource)) return 'lasting';
  return verb === 'get' || verb === 'list' || verb === 'head' ? 'reading' : 'writing';
}
