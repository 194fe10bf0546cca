import type { PullOptions } from '../../runtime/pod-runtime.ts';
import type { AuthConfig } from '../api/runtime_pb.ts';
import { invalid } from './invalid.ts';

/** Docker's registry is called by many names. */
const DOCKER = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/**
 * What to show to the registry; nothing when the message has nothing, or has it for another server.
 * @throws PeapodError Invalid
 */
export function pullAuth(message: AuthConfig, reference: string): PullOptions['auth'] {
  const { username, password, auth, identityToken, registryToken, serverAddress } = message;
  if (serverAddress !== '' && !isServerOf(serverAddress, reference)) return undefined;
  if (username !== '') return { username, password };
  if (identityToken !== '') return { identityToken };
  if (registryToken !== '') return { token: registryToken };
  if (auth === '') return undefined;
  const [name = '', secret] = Buffer.from(auth, 'base64').toString().replace(/\0+$/, '').split(/:(.*)/s);
  if (secret === undefined) return invalid('auth.auth', '…', 'must be the base64 of USERNAME:PASSWORD');
  return { username: name, password: secret };
}

function isServerOf(address: string, reference: string): boolean {
  const host = address.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  const [first = '', ...rest] = reference.split('/');
  const registry = rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
  return host === registry || (DOCKER.includes(host) && DOCKER.includes(registry));
}
