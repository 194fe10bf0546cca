import { PeapodError } from '../../../model/errors.ts';
import { readJsonObject, textOr } from '../read-json.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { type HttpClient, readText } from './http-client.ts';
import { answerError } from './registry-error.ts';

const MAX_TOKEN_BYTES = 1024 * 1024;

/**
 * Meets a registry's challenge.
 * @param registry the URL that was asked: credentials go to a token server over plain http only when they do so to it
 * @returns the `Authorization` header
 * @throws PeapodError ImageUnauthorized
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export async function authorize(
  client: HttpClient,
  challenge: Challenge,
  request: {
    registry: URL;
    path: string;
    credentials: Credentials | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<string> {
  const { credentials } = request;
  if (credentials?.kind === 'access-token') return `Bearer ${credentials.token}`;
  if (challenge.scheme === 'basic') {
    if (credentials?.kind !== 'password') throw answerError(401, '');
    return basic(credentials);
  }
  const realm = tokenServer(challenge.realm, request.registry);
  const scope = challenge.scope ?? `repository:${request.path}:pull`;
  const answer =
    credentials?.kind === 'refresh-token'
      ? await client.send(realm, {
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: refreshForm(credentials.token, challenge.service, scope),
          signal: request.signal,
        })
      : await client.send(tokenUrl(realm, challenge.service, scope, credentials), {
          headers: credentials === undefined ? {} : { authorization: basic(credentials) },
          signal: request.signal,
        });
  const text = await readText(answer, MAX_TOKEN_BYTES);
  if (answer.status !== 200) throw answerError(answer.status, text);
  const document = readJsonObject(Buffer.from(text), 'token');
  const token = textOr(document['token']) || textOr(document['access_token']);
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new PeapodError('ImageUnauthorized', `token server ${realm.host} gave no token`);
  }
  return `Bearer ${token}`;
}

function tokenServer(realm: string, registry: URL): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && registry.protocol === 'http:')) return url;
  throw new PeapodError(
    'ImageUnauthorized',
    `registry wants credentials shown to ${JSON.stringify(realm.slice(0, 200))}, which is not secure`,
  );
}

function tokenUrl(
  realm: URL,
  service: string | undefined,
  scope: string,
  credentials: Credentials | undefined,
): URL {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.append('scope', scope);
  if (credentials?.kind === 'password') url.searchParams.set('account', credentials.username);
  return url;
}

function refreshForm(token: string, service: string | undefined, scope: string): string {
  return new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: token,
    client_id: 'peapod',
    scope,
    ...(service === undefined ? {} : { service }),
  }).toString();
}

function basic(credentials: Extract<Credentials, { kind: 'password' }>): string {
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
}
