import { PeapodError } from '../../model/errors.ts';
import { type Digest, isDigest } from './digest.ts';

/** Where an image is to be found: `docker.io/library/busybox:1.36`, or with a digest instead of the tag. */
export interface ImageReference {
  /** The registry's host, with a port where one was written: `docker.io`, `localhost:5000`. */
  readonly domain: string;
  /** `library/busybox` */
  readonly path: string;
  /** Absent with a digest alone; `latest` when neither was written. */
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

const DEFAULT_DOMAIN = 'docker.io';
const LEGACY_DEFAULT_DOMAIN = 'index.docker.io';
const MAX_NAME_LENGTH = 255;

const DOMAIN_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = new RegExp(
  `^(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::(?<port>[0-9]{1,5}))?$`,
);
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;

/**
 * Reads a reference as Docker does: without a registry it is Docker Hub's, without a tag or digest it is `latest`.
 * With both, the digest decides and the tag is kept for display alone.
 * @throws PeapodError InvalidImageName
 * @see https://github.com/distribution/reference
 */
export function parseReference(text: string): ImageReference {
  if (text === '') throw invalid(text, 'it is empty');
  if (/^[a-f0-9]{64}$/.test(text)) {
    throw invalid(text, 'a name of 64 hexadecimal digits would be taken for an image id');
  }
  const { name, tag, digest } = split(text);
  const { domain, path } = splitDomain(name);
  checkName(text, domain, path);
  if (tag !== undefined && !TAG.test(tag)) {
    throw invalid(
      text,
      'a tag has up to 128 letters, digits, ".", "_" and "-", and begins with none of ".-"',
    );
  }
  if (digest !== undefined && !isDigest(digest)) {
    throw invalid(text, 'a digest is "sha256:" and 64 lower-case hexadecimal digits');
  }
  return { domain, path, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}

/** `docker.io/library/busybox` */
export function repositoryOf(reference: ImageReference): string {
  return `${reference.domain}/${reference.path}`;
}

/** The one spelling under which the image is kept: with the digest where there is one, else with the tag. */
export function canonicalName(reference: ImageReference): string {
  const repository = repositoryOf(reference);
  return reference.digest === undefined
    ? `${repository}:${reference.tag}`
    : `${repository}@${reference.digest}`;
}

function split(text: string): { name: string; tag: string | undefined; digest: string | undefined } {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const rest = at < 0 ? text : text.slice(0, at);
  const colon = rest.lastIndexOf(':');
  if (colon < 0 || rest.indexOf('/', colon) >= 0) return { name: rest, tag: undefined, digest };
  return { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest };
}

function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isDomain = /[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first;
  const written = isDomain ? first : DEFAULT_DOMAIN;
  const domain = written === LEGACY_DEFAULT_DOMAIN ? DEFAULT_DOMAIN : written;
  const path = isDomain ? name.slice(slash + 1) : name;
  return { domain, path: domain === DEFAULT_DOMAIN && !path.includes('/') ? `library/${path}` : path };
}

function checkName(text: string, domain: string, path: string): void {
  const port = DOMAIN.exec(domain)?.groups?.['port'];
  if (!DOMAIN.test(domain) || Number(port ?? 1) > 65535 || Number(port ?? 1) === 0) {
    throw invalid(text, `${JSON.stringify(domain)} is no registry host`);
  }
  if (domain.length + 1 + path.length > MAX_NAME_LENGTH) {
    throw invalid(text, `the name is longer than ${MAX_NAME_LENGTH} characters`);
  }
  if (path.split('/').every((component) => PATH_COMPONENT.test(component))) return;
  if (path.split('/').every((component) => PATH_COMPONENT.test(component.toLowerCase()))) {
    throw invalid(text, `repository name (${path}) must be lowercase`);
  }
  throw invalid(text, 'invalid reference format');
}

function invalid(text: string, why: string): PeapodError {
  const shown = text.length > 300 ? `${text.slice(0, 300)}…` : text;
  return new PeapodError('InvalidImageName', `couldn't parse image name ${JSON.stringify(shown)}: ${why}`);
}
