/** Files into and out of containers, by the `tar` of the image and that of this machine, as `kubectl cp`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { PeapodError } from '../model/errors.ts';
import type { RemoteSession } from '../streaming/remote-session.ts';

const BLOCK = 512;

export type OpenTar = (args: readonly string[], stdin: boolean) => Promise<RemoteSession>;

/** Copies a file or a folder of this machine to be `target` in the container; its folder has to be there. */
export async function copyIn(source: string, target: string, open: OpenTar): Promise<void> {
  // First: what a program has written is lost when it has ended before somebody reads.
  await using session = await open(['-C', dirname(target), '-xof', '-'], true);
  const path = resolve(source);
  const child = spawn(
    'tar',
    [
      '-C',
      dirname(path),
      '--transform',
      `flags=r;s,^${escaped(basename(path))},${asReplacement(basename(target))},`,
      '-cf',
      '-',
      '--',
      basename(path),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const failure = text(child.stderr);
  const ended = once(child, 'close') as Promise<[number]>;
  await feed(session, child.stdout, target);
  const [code] = await ended;
  if (code !== 0) throw new PeapodError('Invalid', `cannot read ${source}: ${(await failure).trim()}`);
}

/** Writes a file in the container. */
export async function writeFileIn(
  target: string,
  content: string | Uint8Array,
  mode: number,
  open: OpenTar,
): Promise<void> {
  const data = Buffer.from(content);
  const padding = Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK);
  const archive = Buffer.concat([
    header(basename(target), data.length, mode),
    data,
    padding,
    Buffer.alloc(2 * BLOCK),
  ]);
  await using session = await open(['-C', dirname(target), '-xof', '-'], true);
  await feed(session, archive, target);
}

/** Copies a file or folder of the container to be `target` here; its folder has to be there. */
export async function copyOut(source: string, target: string, open: OpenTar): Promise<void> {
  const path = resolve(target);
  await using session = await open(['-C', dirname(source), '-cf', '-', '--', basename(source)], false);
  const child = spawn(
    'tar',
    [
      '-C',
      dirname(path),
      '--transform',
      `flags=r;s,^${escaped(basename(source))},${asReplacement(basename(path))},`,
      '--no-same-owner',
      '-xf',
      '-',
    ],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  );
  const failure = text(child.stderr);
  const ended = once(child, 'close') as Promise<[number]>;
  const output = session.stdout;
  const copied = output === undefined ? undefined : pipeline(output, child.stdin).catch(() => {});
  const errors = await finished(session);
  await copied;
  if (errors !== undefined) {
    child.kill();
    throw new PeapodError('NotFound', `cannot copy ${source} out of the container: ${errors}`);
  }
  const [code] = await ended;
  if (code !== 0) throw new PeapodError('Invalid', `cannot write ${target}: ${(await failure).trim()}`);
}

/** Reads a file of the container. */
export async function readFileOf(source: string, open: OpenTar): Promise<Buffer> {
  await using session = await open(['-C', dirname(source), '-chf', '-', '--', basename(source)], false);
  const [archive, errors] = await Promise.all([
    session.stdout === undefined ? Buffer.alloc(0) : buffer(session.stdout),
    finished(session),
  ]);
  if (errors !== undefined)
    throw new PeapodError('NotFound', `cannot read ${source} in the container: ${errors}`);
  return contentOf(archive, source);
}

async function feed(session: RemoteSession, content: Readable | Buffer, target: string): Promise<void> {
  const { stdin, stdout } = session;
  stdout?.resume();
  // A tar that ended early has said why.
  const written = stdin === undefined ? undefined : write(content, stdin).catch(() => {});
  const errors = await finished(session);
  await written;
  if (errors !== undefined)
    throw new PeapodError('Invalid', `cannot write ${target} in the container: ${errors}`);
}

async function write(content: Readable | Buffer, stdin: Writable): Promise<void> {
  if (Buffer.isBuffer(content)) stdin.end(content);
  else await pipeline(content, stdin);
}

/** @returns what tar said when it failed */
async function finished({ stderr, exit }: RemoteSession): Promise<string | undefined> {
  const [said, code] = await Promise.all([stderr === undefined ? '' : text(stderr), exit]);
  if (code === 0) return undefined;
  if (code === 127 || code === 126 || /not found|no such file.*tar/i.test(said))
    return `${said.trim()} (the image needs a tar program for copying)`;
  return said.trim() || `tar ended with ${code}`;
}

/** @see tar(5), ustar */
function header(name: string, size: number, mode: number): Buffer {
  if (Buffer.byteLength(name) > 99) throw new PeapodError('Invalid', `the file name is too long: ${name}`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at);
  block.write(name, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.fill(' ', 148, 156);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return block;
}

/** Of the only file in an archive. */
function contentOf(archive: Buffer, source: string): Buffer {
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const type = String.fromCharCode(archive[at + 156] ?? 0);
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 135).trim(), 8) || 0;
    if (type === '0' || type === '\0') return archive.subarray(at + BLOCK, at + BLOCK + size);
    if (type === '5') break;
    // Extended headers come before the file.
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new PeapodError('Invalid', `${source} is not a file`);
}

/** In a substitution of tar's `--transform`, with commas around its parts. */
function asReplacement(name: string): string {
  return name.replaceAll(/[\\,&]/g, '\\$&');
}

function escaped(name: string): string {
  return name.replaceAll(/[\\,&.*^$[\]]/g, '\\$&');
}
