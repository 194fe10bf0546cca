import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { PeapodError } from '../model/errors.ts';
import { type EngineOptions, engineEnv, packageRoot } from './start-engine.ts';

/** Where images lie. */
export type ImagesOptions = Pick<EngineOptions, 'root' | 'runRoot' | 'imagesDir' | 'env'>;

/** The images that pods find without a registry. They outlive the engine. */
export class Images {
  readonly #options: ImagesOptions | undefined;

  /** @param options nothing where they are other machines' matter: then all calls are refused */
  constructor(options: ImagesOptions | undefined) {
    this.#options = options;
  }

  /** Pulls images that are not here yet, or newer. @throws PeapodError with the registry's reason */
  async pull(...references: string[]): Promise<void> {
    await this.#call(['pull', '--', ...references]);
  }

  /** Loads images of a docker-archive or OCI archive. @returns their names */
  async load(archive: string | Readable): Promise<string[]> {
    const said =
      typeof archive === 'string'
        ? await this.#call(['load', '-i', archive])
        : await this.#call(['load'], archive);
    return said
      .split('\n')
      .filter((line) => line.startsWith('Loaded image: '))
      .flatMap((line) => line.slice('Loaded image: '.length).split(', '));
  }

  /** The names of those that are here. */
  async list(): Promise<string[]> {
    return (await this.#call(['images', '-o', 'name'])).split('\n').filter((line) => line !== '');
  }

  async has(reference: string): Promise<boolean> {
    return (await this.list()).includes(reference);
  }

  async #call(args: readonly string[], input?: Readable): Promise<string> {
    if (this.#options === undefined)
      throw new PeapodError('Unsupported', 'the images of a server elsewhere are those of its nodes');
    const child = spawn(join(packageRoot(), 'peapod'), args, {
      env: { ...engineEnv(this.#options), NO_COLOR: '1' },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    if (input !== undefined && child.stdin !== null) {
      child.stdin.on('error', () => {});
      input.pipe(child.stdin);
    }
    const closed = once(child, 'close') as Promise<[number | null]>;
    const [out, errors, [code]] = await Promise.all([readAll(child.stdout), readAll(child.stderr), closed]);
    if (code === 0) return out;
    const why = /^peapod: (.*)$/m.exec(errors)?.[1] ?? errors.trim();
    throw new PeapodError('Unavailable', why);
  }
}

function readAll(stream: Readable | null): Promise<string> {
  return stream === null ? Promise.resolve('') : text(stream);
}
