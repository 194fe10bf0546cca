import { X509Certificate } from 'node:crypto';
import { StatusError } from '../errors/status-error.ts';
import type { Authenticator, Credentials, UserInfo } from '../user-info.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';

const AUTHENTICATED = 'system:authenticated';
const MASTERS = 'system:masters';

/** Who comes in over the socket that only root can open. */
const LOCAL_ROOT: UserInfo = { name: 'root', groups: [MASTERS, AUTHENTICATED] };

/** Client certificates first, then bearer tokens, as kube-apiserver looks at them. */
export function createAuthenticator(tokens: ServiceAccountTokens): Authenticator {
  return {
    authenticate: (credentials: Credentials) => {
      if (credentials.isLocalRoot) return LOCAL_ROOT;
      if (credentials.clientCertificate !== undefined) return certificateUser(credentials.clientCertificate);
      const token = bearerToken(credentials);
      return token === undefined ? undefined : tokens.verify(token);
    },
  };
}

/** Of certificates that were looked at already. */
const users = new WeakMap<Buffer, UserInfo>();

function certificateUser(der: Buffer): UserInfo {
  const known = users.get(der) ?? readUser(der);
  users.set(der, known);
  return known;
}

/** The subject's common name is the user, its organisations are the groups. */
function readUser(der: Buffer): UserInfo {
  const { subject, keyUsage } = new X509Certificate(der);
  // Extended key usage: clientAuth. A server's certificate makes nobody a user.
  if (!keyUsage.includes('1.3.6.1.5.5.7.3.2')) throw unauthorized();
  const parts = subject.split('\n').map((line) => line.split(/=(.*)/s));
  const values = (key: string) => parts.flatMap(([name, value]) => (name === key && value ? [value] : []));
  const [name] = values('CN');
  if (name === undefined) throw unauthorized();
  return { name, groups: [...values('O'), AUTHENTICATED] };
}

function bearerToken({ authorization, webSocketToken }: Credentials): string | undefined {
  if (authorization === '') return webSocketToken;
  const match = /^Bearer +(\S+)$/i.exec(authorization.trim());
  if (match?.[1] === undefined) throw unauthorized();
  return match[1];
}

function unauthorized(): StatusError {
  return new StatusError('Unauthorized', 'Unauthorized');
}
