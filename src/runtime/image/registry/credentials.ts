import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PeapodError } from '../../../model/errors.ts';
import { runCommand } from '../../linux/run-command.ts';
import { type JsonObject, readJsonObject, textOr, textRecord } from '../read-json.ts';
import { errorCode } from '../unpack/layer-directory.ts';

/** What a registry, or the server that gives out its tokens, is shown. */
export type Credentials =
  | { kind: 'password'; username: string; password: string }
  /** Exchanged for an access token at the token server. */
  | { kind: 'refresh-token'; token: string }
  /** Shown to the registry as it is. */
  | { kind: 'access-token'; token: string };

const HELPER_TIMEOUT_MS = 30_000;
const DOCKER_HUB_KEYS = ['https://index.docker.io/v1/', 'index.docker.io/v1/', 'index.docker.io'];

/**
 * Finds the credentials for a repository in the files that podman and docker log in to, the first file that has some.
 * Within a file the most specific key counts: `host/team/app` before `host/team` before `host`.
 * @param name `quay.io/team/app`
 * @throws PeapodError Invalid when a file can't be read as what it should be
 * @see containers-auth.json(5)
 */
export async function findCredentials(
  name: string,
  options: { files?: readonly string[]; env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
): Promise<Credentials | undefined> {
  const env = options.env ?? process.env;
  for (const file of options.files ?? usualFiles(env)) {
    const document = await readAuthFile(file);
    const found = document === undefined ? undefined : await findInFile(document, name, env, options.signal);
    if (found !== undefined) return found;
  }
  return undefined;
}

function usualFiles(env: NodeJS.ProcessEnv): string[] {
  const named = env['REGISTRY_AUTH_FILE'];
  if (named !== undefined && named !== '') return [named];
  const runtime = env['XDG_RUNTIME_DIR'] ?? `/run/containers/${process.getuid?.() ?? 0}`;
  const config = env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config');
  const docker = env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
  const runtimeFile =
    env['XDG_RUNTIME_DIR'] === undefined ? join(runtime, 'auth.json') : join(runtime, 'containers/auth.json');
  return [runtimeFile, join(config, 'containers/auth.json'), join(docker, 'config.json')];
}

async function readAuthFile(file: string): Promise<JsonObject | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
  try {
    return readJsonObject(bytes, file);
  } catch (error) {
    throw new PeapodError('Invalid', `cannot read credentials from ${file}: no valid JSON object`, {
      cause: error,
    });
  }
}

async function findInFile(
  document: JsonObject,
  name: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  const helpers = textRecord(document['credHelpers']);
  const auths = (document['auths'] ?? {}) as JsonObject;
  for (const key of keysFor(name)) {
    const helper = helpers[key];
    if (helper !== undefined) return askHelper(helper, key, env, signal);
    const entry = Object.entries(auths).find(([written]) => normalized(written) === normalized(key))?.[1];
    const found = typeof entry === 'object' && entry !== null ? readEntry(entry as JsonObject) : undefined;
    if (found !== undefined) return found;
  }
  const store = textOr(document['credsStore']);
  return store === '' ? undefined : askStore(store, name, env, signal);
}

/** From the repository to its host; Docker Hub's also under the name that docker login gives it. */
function keysFor(name: string): string[] {
  const parts = name.split('/');
  const keys = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  return parts[0] === 'docker.io' ? [...keys, ...DOCKER_HUB_KEYS] : keys;
}

/** Docker wrote URLs where podman writes names. */
function normalized(key: string): string {
  return key
    .replace(/^https?:\/\//, '')
    .replace(/\/v[12]\/?$/, '')
    .replace(/\/+$/, '');
}

function readEntry(entry: JsonObject): Credentials | undefined {
  const refreshToken = textOr(entry['identitytoken']);
  if (refreshToken !== '') return { kind: 'refresh-token', token: refreshToken };
  const accessToken = textOr(entry['registrytoken']);
  if (accessToken !== '') return { kind: 'access-token', token: accessToken };
  const decoded = Buffer.from(textOr(entry['auth']), 'base64').toString().replace(/\0+$/, '');
  const colon = decoded.indexOf(':');
  if (colon > 0)
    return { kind: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
  const username = textOr(entry['username']);
  return username === '' ? undefined : { kind: 'password', username, password: textOr(entry['password']) };
}

async function askStore(
  store: string,
  name: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  const host = name.split('/')[0] ?? '';
  for (const key of host === 'docker.io' ? DOCKER_HUB_KEYS : [host]) {
    const found = await askHelper(store, key, env, signal);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @see https://github.com/docker/docker-credential-helpers */
async function askHelper(
  helper: string,
  key: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  if (!/^[\w.-]+$/.test(helper)) {
    throw new PeapodError('Invalid', `credential helper ${JSON.stringify(helper)} is no program's name`);
  }
  const { exitCode, stdout } = await runCommand(`docker-credential-${helper}`, ['get'], {
    input: key,
    env: Object.fromEntries(
      Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    timeoutMs: HELPER_TIMEOUT_MS,
    maxOutputBytes: 1024 * 1024,
    ...(signal === undefined ? {} : { signal }),
  });
  if (exitCode !== 0) return undefined;
  const answer = readJsonObject(stdout, `answer of docker-credential-${helper}`);
  const username = textOr(answer['Username']);
  const secret = textOr(answer['Secret']);
  if (username === '' && secret === '') return undefined;
  if (username === '<token>') return { kind: 'refresh-token', token: secret };
  return { kind: 'password', username, password: secret };
}
