import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';

export interface TlsCertificates {
  /** What may vouch for the registry, besides what the system trusts. */
  ca: string[];
  cert?: string;
  key?: string;
}

/**
 * Reads a host's certificates as podman and docker do: `*.crt` vouch for the registry, `x.cert` with `x.key` is our own.
 * @param directories instead of the usual `certs.d` ones
 * @see containers-certs.d(5)
 */
export async function readTlsCertificates(
  host: string,
  directories: readonly string[] = usualDirectories(),
): Promise<TlsCertificates> {
  const found: TlsCertificates = { ca: [] };
  for (const directory of directories) {
    const folder = join(directory, host);
    for (const name of (await readdir(folder).catch((): string[] => [])).sort()) {
      if (name.endsWith('.crt')) found.ca.push(await readFile(join(folder, name), 'utf8'));
      if (!name.endsWith('.cert') || found.cert !== undefined) continue;
      found.cert = await readFile(join(folder, name), 'utf8');
      found.key = await readFile(join(folder, name.replace(/cert$/, 'key')), 'utf8');
    }
  }
  if (found.ca.length > 0) found.ca.push(...getCACertificates('default'), ...getCACertificates('system'));
  return found;
}

function usualDirectories(): string[] {
  return [join(homedir(), '.config/containers/certs.d'), '/etc/containers/certs.d', '/etc/docker/certs.d'];
}
