import { createReadStream } from 'node:fs';
import { type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../../model/errors.ts';
import { decompress } from '../unpack/decompress.ts';
import { entryPath } from '../unpack/entry-path.ts';
import { SpaceGuard, type SpaceLimits } from '../unpack/space-guard.ts';
import { readTar } from '../unpack/tar-reader.ts';
import { open } from '../../linux/files.ts';

interface Member {
  offset: number;
  sizeBytes: number;
}

const MAX_MEMBERS = 100_000;
const MAX_LINKS = 10;

/**
 * An archive of images whose members can be read in any order. It is spooled to a file first, one pass over the stream; names
 * in it are keys of a table and never paths of this machine.
 */
export class ArchiveFile {
  readonly #path: string;
  readonly #members: ReadonlyMap<string, Member>;
  readonly #links: ReadonlyMap<string, string>;

  private constructor(
    path: string,
    members: ReadonlyMap<string, Member>,
    links: ReadonlyMap<string, string>,
  ) {
    this.#path = path;
    this.#members = members;
    this.#links = links;
  }

  /** @param directory where the spool file is made; the caller deletes it */
  static async spool(
    stream: AsyncIterable<Uint8Array>,
    directory: string,
    limits: SpaceLimits,
    signal: AbortSignal | undefined,
  ): Promise<ArchiveFile> {
    const path = join(directory, 'archive');
    const guard = new SpaceGuard(directory, limits);
    const members = new Map<string, Member>();
    const links = new Map<string, string>();
    await using file = await open(path, 'wx', 0o600);
    let offset = 0;
    for await (const { header, body } of readTar(decompress(stream))) {
      signal?.throwIfAborted();
      if (members.size + links.size > MAX_MEMBERS) {
        throw new PeapodError('ImageCorrupt', `archive has more than ${MAX_MEMBERS} members`);
      }
      const name = entryPath(header.name).join('/');
      if (header.type === '2') links.set(name, linkTarget(name, header.linkName));
      if (header.type === '1') links.set(name, entryPath(header.linkName).join('/'));
      if (header.type !== '0') continue;
      const start = offset;
      for (let piece = await body.next(); piece !== undefined; piece = await body.next()) {
        guard.write(piece.length);
        await writeAll(file, piece);
        offset += piece.length;
      }
      members.set(name, { offset: start, sizeBytes: offset - start });
    }
    return new ArchiveFile(path, members, links);
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** @throws PeapodError ImageCorrupt when there is no such member */
  sizeOf(name: string): number {
    return this.#demand(name).sizeBytes;
  }

  async *stream(name: string): AsyncGenerator<Uint8Array> {
    const { offset, sizeBytes } = this.#demand(name);
    if (sizeBytes === 0) return;
    yield* createReadStream(this.#path, {
      start: offset,
      end: offset + sizeBytes - 1,
      highWaterMark: 128 * 1024,
    });
  }

  /** A member that is small enough for memory. @throws PeapodError ImageCorrupt when it is not, or not there */
  async read(name: string, maxBytes: number): Promise<Buffer> {
    if (this.sizeOf(name) > maxBytes) {
      throw new PeapodError(
        'ImageCorrupt',
        `archive member ${JSON.stringify(name)} is larger than ${maxBytes} bytes`,
      );
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.stream(name)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  #demand(name: string): Member {
    const member = this.#find(name);
    if (member !== undefined) return member;
    throw new PeapodError('ImageCorrupt', `archive has no member ${JSON.stringify(name)}`);
  }

  /** docker save writes a layer that several images share once, and links to it. */
  #find(name: string): Member | undefined {
    let key = entryPath(name).join('/');
    for (let hops = 0; hops < MAX_LINKS; hops++) {
      const member = this.#members.get(key);
      if (member !== undefined) return member;
      const next = this.#links.get(key);
      if (next === undefined) return undefined;
      key = next;
    }
    return undefined;
  }
}

/** Relative to the link's own directory, and never above the archive. */
function linkTarget(name: string, target: string): string {
  const directory = name.split('/').slice(0, -1).join('/');
  return entryPath(target.startsWith('/') ? target : `${directory}/${target}`).join('/');
}

async function writeAll(file: FileHandle, piece: Buffer): Promise<void> {
  for (let offset = 0; offset < piece.length; ) {
    const { bytesWritten } = await file.write(piece, offset);
    offset += bytesWritten;
  }
}
