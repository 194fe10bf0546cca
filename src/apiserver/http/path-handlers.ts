import { noSuchResource } from '../errors/status-error.ts';
import type { Request } from './read-body.ts';
import type { RequestInfo } from './request-info.ts';
import { type Response, sendJson } from './respond.ts';

export type PathHandler = (request: Request, response: Response, info: RequestInfo) => void | Promise<void>;

/** What is served beside resources: discovery, OpenAPI, version, health, metrics. */
export class PathHandlers {
  readonly #exact = new Map<string, PathHandler>();
  readonly #below: [string, PathHandler][] = [];

  at(path: string, handler: PathHandler): this {
    this.#exact.set(path, handler);
    return this;
  }

  /** Everything below the path, and itself. */
  below(path: string, handler: PathHandler): this {
    this.#below.push([path, handler]);
    return this.at(path, handler);
  }

  get paths(): string[] {
    return [...this.#exact.keys()].sort();
  }

  /** @throws StatusError NotFound */
  async handle(request: Request, response: Response, info: RequestInfo): Promise<void> {
    if (info.path === '/') return sendJson(response, 200, { paths: this.paths });
    const handler =
      this.#exact.get(info.path) ?? this.#below.find(([path]) => info.path.startsWith(`${path}/`))?.[1];
    if (handler === undefined) throw noSuchResource();
    await handler(request, response, info);
  }
}
