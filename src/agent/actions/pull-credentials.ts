import type { PodClient } from '../../client/pod-client.ts';
import type { Pod } from '../../model/api/types.ts';
import type { PullOptions } from '../../runtime/pod-runtime.ts';
import { podIdentity } from '../pod-identity.ts';

type Credentials = NonNullable<PullOptions['auth']>;

interface DockerConfig {
  auths?: Record<string, { auth?: string; username?: string; password?: string; registrytoken?: string }>;
}

/** What the pod's `imagePullSecrets` hold for the image's registry; nothing when none does, or a secret is missing. */
export async function pullCredentials(
  pod: Pod,
  image: string,
  client: Pick<PodClient, 'getSecret'>,
): Promise<Credentials | undefined> {
  const { namespace } = podIdentity(pod);
  for (const { name = '' } of pod.spec?.imagePullSecrets ?? []) {
    const secret = await client.getSecret(namespace, name);
    const encoded = secret?.data?.['.dockerconfigjson'];
    if (encoded === undefined) continue;
    const found = credentialsFor(image, parseConfig(encoded));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The entry with the longest matching path wins. */
function credentialsFor(image: string, { auths = {} }: DockerConfig): Credentials | undefined {
  const target = `${registryOf(image)}/`;
  const keys = Object.keys(auths).sort((a, b) => b.length - a.length);
  const key = keys.find((key) => {
    const prefix = key.replace(/^https?:\/\//, '').replace(/\/(v[12]\/?)?$/, '');
    return `${target}${repositoryOf(image)}/`.startsWith(`${prefix}/`);
  });
  if (key === undefined) return undefined;
  const { auth, username, password, registrytoken } = auths[key] ?? {};
  if (registrytoken !== undefined) return { token: registrytoken };
  if (username !== undefined && password !== undefined) return { username, password };
  if (auth === undefined) return undefined;
  const [user = '', ...rest] = Buffer.from(auth, 'base64').toString().split(':');
  return { username: user, password: rest.join(':') };
}

function parseConfig(encoded: string): DockerConfig {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString());
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** The host that an image reference begins with, as Docker reads it. */
function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? first : 'index.docker.io';
}

function repositoryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const path = registryOf(image) === first ? rest.join('/') : image;
  return path.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
}
