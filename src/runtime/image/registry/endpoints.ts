import { PeapodError } from '../../../model/errors.ts';
import { type ImageReference, repositoryOf } from '../reference.ts';
import type { RegistriesConfig, RegistryEntry, RegistryLocation } from './registries-config.ts';

/** One place to ask for an image. */
export interface Endpoint {
  /** `registry-1.docker.io`, `127.0.0.1:5000` */
  host: string;
  /** As the URL has it: `library/busybox` */
  path: string;
  /** The name under which credentials and certificates are kept: `docker.io/library/busybox` */
  name: string;
  /** Whether unproven certificates and plain http are good enough. */
  insecure: boolean;
}

/** Docker Hub's API is served by another host than its images are named after. */
const DOCKER_HUB = { domain: 'docker.io', host: 'registry-1.docker.io' };

/**
 * Where to look for an image, in order: the mirrors that registries.conf names, then the registry itself.
 * @throws PeapodError Forbidden when registries.conf blocks it
 */
export function endpointsFor(reference: ImageReference, config: RegistriesConfig): Endpoint[] {
  const name = repositoryOf(reference);
  const entry = matchingEntry(name, reference, config);
  if (entry === undefined) return [endpoint(name, false)];
  if (entry.blocked) {
    throw new PeapodError('Forbidden', `registry ${entry.prefix} is blocked in registries.conf`);
  }
  const mirrors = entry.mirrors.filter((mirror) => servesKind(mirror.pullFrom, reference));
  return [...mirrors, entry].map((location) =>
    endpoint(rewritten(name, entry.prefix, location), location.insecure),
  );
}

/** Addresses of this machine are taken without TLS, as Docker does. */
export function isLoopback(host: string): boolean {
  const name = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : (host.split(':')[0] ?? '');
  return name === 'localhost' || name === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}

function endpoint(name: string, insecure: boolean): Endpoint {
  const slash = name.indexOf('/');
  const domain = name.slice(0, slash);
  const host = domain === DOCKER_HUB.domain ? DOCKER_HUB.host : domain;
  return { host, path: name.slice(slash + 1), name, insecure: insecure || isLoopback(host) };
}

/** The entry with the longest prefix that fits. */
function matchingEntry(
  name: string,
  reference: ImageReference,
  config: RegistriesConfig,
): RegistryEntry | undefined {
  const full = [name, ...(reference.tag === undefined ? [] : [`${name}:${reference.tag}`])];
  return config.registries
    .filter((entry) => full.some((candidate) => matchLength(candidate, entry.prefix) > 0))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0];
}

/** How much of the name the prefix covers; a prefix ends where a part of the name does. `*.host` covers any subdomain. */
function matchLength(name: string, prefix: string): number {
  if (prefix.startsWith('*.')) {
    const host = name.split('/')[0] ?? '';
    const bare = host.replace(/:\d+$/, '');
    return bare.endsWith(prefix.slice(1)) ? host.length : 0;
  }
  if (!name.startsWith(prefix)) return 0;
  return name.length === prefix.length || '/:@'.includes(name[prefix.length] ?? '') ? prefix.length : 0;
}

function rewritten(name: string, prefix: string, location: RegistryLocation): string {
  if (location.location === '') return name;
  return location.location + name.slice(matchLength(name, prefix) || name.length);
}

function servesKind(pullFrom: 'all' | 'digest-only' | 'tag-only', reference: ImageReference): boolean {
  if (pullFrom === 'all') return true;
  return (pullFrom === 'digest-only') === (reference.digest !== undefined);
}
