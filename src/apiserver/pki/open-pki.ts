/**
 * The server's keys and certificates, in files that only their owner may read: made when they are missing, and again before they
 * end or when the server has got another name.
 *
 *     ca.crt ca.key          signs the others; nobody else's certificates count
 *     server.crt server.key  the server's own
 *     admin.crt admin.key    of the user `kubernetes-admin`, in the group system:masters
 *     sa.key                 signs service accounts' tokens
 */
import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import type { KeyedCertificate } from './make-certificates.ts';

export interface Pki {
  readonly authority: KeyedCertificate;
  readonly server: KeyedCertificate;
  readonly admin: KeyedCertificate;
  /** PEM. */
  readonly tokenKey: string;
}

export interface PkiOptions {
  readonly directory: string;
  /** DNS names and addresses that the server is reached under. */
  readonly names: readonly string[];
  readonly nowMs: number;
}

const RENEW_BEFORE_MS = 30 * 24 * 3600 * 1000;
export const ADMIN = { user: 'kubernetes-admin', groups: ['system:masters'] } as const;

/** @throws PeapodError Corrupt when a file is there and no key or certificate; of the system when one can't be written */
export async function openPki({ directory, names, nowMs }: PkiOptions): Promise<Pki> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // A disk that may only be read takes not even a change that changes nothing.
  if (((await stat(directory)).mode & 0o777) !== 0o700) await chmod(directory, 0o700);
  const make = () => import('./make-certificates.ts');
  const authority =
    (await readPair(directory, 'ca')) ??
    (await keep(
      directory,
      'ca',
      await (await make()).makeAuthority(`peapod-ca-${randomBytes(4).toString('hex')}`, nowMs),
    ));
  const isCurrent = (pair: KeyedCertificate): boolean => isValid(pair, authority, nowMs);
  let server = await readPair(directory, 'server');
  if (server === undefined || !isCurrent(server) || !coversAll(server, names)) {
    const subject = { commonName: 'peapod', names };
    server = await keep(
      directory,
      'server',
      await (await make()).makeServerCertificate(authority, subject, nowMs),
    );
  }
  let admin = await readPair(directory, 'admin');
  if (admin === undefined || !isCurrent(admin))
    admin = await keep(
      directory,
      'admin',
      await (await make()).makeClientCertificate(authority, ADMIN, nowMs),
    );
  let tokenKey = await readSigningKey(join(directory, 'sa.key'));
  if (tokenKey === undefined) {
    tokenKey = (await make()).makeSigningKey();
    await writePrivate(join(directory, 'sa.key'), tokenKey);
  }
  return { authority, server, admin, tokenKey };
}

function isValid({ certificate }: KeyedCertificate, authority: KeyedCertificate, nowMs: number): boolean {
  const x509 = new X509Certificate(certificate);
  const isSigned = x509.verify(new X509Certificate(authority.certificate).publicKey);
  return isSigned && Date.parse(x509.validTo) - nowMs > RENEW_BEFORE_MS;
}

function coversAll({ certificate }: KeyedCertificate, names: readonly string[]): boolean {
  const x509 = new X509Certificate(certificate);
  return names.every((name) => (isIP(name) === 0 ? x509.checkHost(name) : x509.checkIP(name)) !== undefined);
}

/** @returns nothing when one of the files is missing, or is damaged and can be made anew by the authority */
async function readPair(directory: string, name: string): Promise<KeyedCertificate | undefined> {
  const certificate = await readIfThere(join(directory, `${name}.crt`));
  const key = await readIfThere(join(directory, `${name}.key`));
  if (certificate === undefined || key === undefined) return undefined;
  let cause: unknown;
  try {
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return { certificate, key };
  } catch (error) {
    cause = error;
  }
  if (name !== 'ca') return undefined;
  const files = `${join(directory, 'ca.crt')} and ${join(directory, 'ca.key')}`;
  throw new PeapodError('Corrupt', `${files} are no certificate and its key`, {
    cause,
    hint: 'put a backup in their place; or remove both, and new ones are made: every kubeconfig has to be fetched again',
  });
}

async function readSigningKey(path: string): Promise<string | undefined> {
  const key = await readIfThere(path);
  if (key === undefined) return undefined;
  try {
    createPrivateKey(key);
    return key;
  } catch (cause) {
    throw new PeapodError('Corrupt', `${path} is no key`, {
      cause,
      hint: 'put a backup in its place; or remove it, and a new one is made: tokens that were signed with it are refused',
    });
  }
}

/** The key first: a certificate without its key is made anew. */
async function keep(directory: string, name: string, pair: KeyedCertificate): Promise<KeyedCertificate> {
  await writePrivate(join(directory, `${name}.key`), pair.key);
  await writePrivate(join(directory, `${name}.crt`), pair.certificate);
  return pair;
}

async function writePrivate(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  {
    await using file = await open(temporary, 'w', 0o600);
    await file.writeFile(text);
    await file.sync();
  }
  await rename(temporary, path);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
