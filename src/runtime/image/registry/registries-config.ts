import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { PeapodError } from '../../../model/errors.ts';
import { errorCode } from '../unpack/layer-directory.ts';

export interface RegistriesConfig {
  registries: RegistryEntry[];
}

export interface RegistryLocation {
  /** What the prefix is replaced by; empty: nothing is. */
  location: string;
  insecure: boolean;
}

export interface RegistryEntry extends RegistryLocation {
  /** `example.com`, `example.com/team`, `*.example.com` */
  prefix: string;
  blocked: boolean;
  mirrors: (RegistryLocation & { pullFrom: 'all' | 'digest-only' | 'tag-only' })[];
}

/**
 * Reads registries.conf and the files of registries.conf.d after it; of two entries with one prefix the later counts.
 * Missing files say nothing. Short names are Docker Hub's whatever `unqualified-search-registries` says.
 * @param file instead of the usual places
 * @throws PeapodError Invalid with the file's name
 * @see containers-registries.conf(5)
 */
export async function readRegistriesConfig(
  file?: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<RegistriesConfig> {
  const files = file === undefined ? await usualFiles(env) : [file];
  const byPrefix = new Map<string, RegistryEntry>();
  for (const path of files) {
    const text = await readIfThere(path);
    if (text === undefined) continue;
    for (const entry of readEntries(path, text)) byPrefix.set(entry.prefix, entry);
  }
  return { registries: [...byPrefix.values()] };
}

async function usualFiles(env: NodeJS.ProcessEnv): Promise<string[]> {
  const named = env['CONTAINERS_REGISTRIES_CONF'];
  const system = '/etc/containers/registries.conf';
  const own = join(homedir(), '.config/containers/registries.conf');
  const main = named ?? ((await readIfThere(own)) === undefined ? system : own);
  const dropIns = await Promise.all([`${system}.d`, `${own}.d`].map(confFiles));
  return [main, ...dropIns.flat()];
}

async function confFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .map((name) => join(directory, name));
}

function readEntries(path: string, text: string): RegistryEntry[] {
  let document: Record<string, unknown>;
  try {
    document = parse(text);
  } catch (error) {
    throw new PeapodError('Invalid', `cannot read ${path}: ${(error as Error).message.split('\n')[0]}`, {
      cause: error,
    });
  }
  if (document['registries'] !== undefined) {
    throw new PeapodError(
      'Invalid',
      `${path}: the old format ([registries.…]) is not supported; use [[registry]]`,
    );
  }
  return tables(document['registry'], `${path}: registry`).map((table) => readEntry(table, path));
}

function readEntry(table: Record<string, unknown>, path: string): RegistryEntry {
  const location = text(table, 'location', path);
  const prefix = text(table, 'prefix', path) || location;
  if (prefix === '')
    throw new PeapodError('Invalid', `${path}: registry: Required value: location or prefix`);
  const digestOnly = flag(table, 'mirror-by-digest-only', path);
  return {
    prefix,
    location,
    insecure: flag(table, 'insecure', path),
    blocked: flag(table, 'blocked', path),
    mirrors: tables(table['mirror'], `${path}: registry.mirror`).map((mirror) => ({
      location: text(mirror, 'location', path),
      insecure: flag(mirror, 'insecure', path),
      pullFrom: digestOnly ? 'digest-only' : readPullFrom(mirror, path),
    })),
  };
}

function readPullFrom(mirror: Record<string, unknown>, path: string): 'all' | 'digest-only' | 'tag-only' {
  const value = text(mirror, 'pull-from-mirror', path) || 'all';
  if (value === 'all' || value === 'digest-only' || value === 'tag-only') return value;
  throw new PeapodError(
    'Invalid',
    `${path}: registry.mirror.pull-from-mirror: Unsupported value: "${value}"`,
  );
}

function tables(value: unknown, what: string): Record<string, unknown>[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null)) return value;
  throw new PeapodError('Invalid', `${what}: must be a list of tables`);
}

function text(table: Record<string, unknown>, key: string, path: string): string {
  const value = table[key] ?? '';
  if (typeof value === 'string') return value.replace(/\/+$/, '');
  throw new PeapodError('Invalid', `${path}: registry.${key}: must be a string`);
}

function flag(table: Record<string, unknown>, key: string, path: string): boolean {
  const value = table[key] ?? false;
  if (typeof value === 'boolean') return value;
  throw new PeapodError('Invalid', `${path}: registry.${key}: must be true or false`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
