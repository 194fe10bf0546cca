/** Makes keys and certificates. It is loaded only when some have to be made: the library takes its time. */
// oxlint-disable-next-line import/no-unassigned-import -- what the library below demands
import 'reflect-metadata';
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 3600 * 1000;
export const CA_DAYS = 3650;
export const LEAF_DAYS = 365;

/** A certificate and its private key, both PEM. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** @param commonName not that of another authority: whose certificates are whose must be told by it */
export async function makeAuthority(commonName: string, nowMs: number): Promise<KeyedCertificate> {
  const { key, pair } = await makeKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + CA_DAYS * DAY_MS),
    keys: pair,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(pair.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), key };
}

export interface ServerSubject {
  readonly commonName: string;
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
}

export function makeServerCertificate(
  authority: KeyedCertificate,
  { commonName, names }: ServerSubject,
  nowMs: number,
): Promise<KeyedCertificate> {
  const alternatives = names.map((name) => ({
    type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const),
    value: name,
  }));
  return makeLeaf(authority, [{ CN: [commonName] }], nowMs, [
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension(alternatives),
  ]);
}

/** A certificate that makes its owner a user in groups. */
export function makeClientCertificate(
  authority: KeyedCertificate,
  { user, groups }: { user: string; groups: readonly string[] },
  nowMs: number,
): Promise<KeyedCertificate> {
  const name = [{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))];
  return makeLeaf(authority, name, nowMs, [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])]);
}

/** For tokens, which are signed with ES256. */
export function makeSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return privateKey;
}

async function makeLeaf(
  authority: KeyedCertificate,
  name: Record<string, string[]>[],
  nowMs: number,
  extensions: Extension[],
): Promise<KeyedCertificate> {
  const issuer = new X509Certificate(authority.certificate);
  const { key, pair } = await makeKeys();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: name,
    issuer: issuer.subject,
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(Math.min(nowMs + LEAF_DAYS * DAY_MS, issuer.notAfter.getTime())),
    publicKey: pair.publicKey,
    signingKey: await importSigningKey(authority.key),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      ...extensions,
    ],
  });
  return { certificate: certificate.toString('pem'), key };
}

async function makeKeys(): Promise<{ key: string; pair: webcrypto.CryptoKeyPair }> {
  const pair = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', pair.privateKey);
  return { key: toPem('PRIVATE KEY', Buffer.from(pkcs8)), pair };
}

function importSigningKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Positive, and never the same. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('hex');
}
