/** A real registry (Debian's docker-registry) on loopback, and small images to fill it with. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dockerArchive, ociArchive } from '../../../src/runtime/image/testing/archive-image.ts';
import {
  type BuiltImage,
  buildImage,
  busyboxLayer,
  type TestImage,
} from '../../../src/runtime/image/testing/build-image.ts';
import type { TarEntry } from '../../../src/runtime/image/testing/write-tar.ts';

export { buildImage, busyboxLayer };
export type { BuiltImage, TarEntry, TestImage };

export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`, what references begin with. */
  readonly host: string;
  readonly url: string;
  /** Where its storage lies. */
  readonly directory: string;
}

export interface RegistryOptions {
  /** Lines of an htpasswd file (bcrypt); absent: open to all. */
  htpasswd?: string;
}

/** Starts `docker-registry` on a free loopback port with a storage of its own; disposing ends it and deletes that. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'peapod-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const configFile = join(directory, 'config.yml');
  await writeFile(configFile, JSON.stringify(await registryConfig(directory, host, options)));
  const child = spawn('docker-registry', ['serve', configFile], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-4000);
  });
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const failed = once(child, 'error').then(([error]) => {
    throw new Error('docker-registry does not start', { cause: error });
  });
  const registry: TestRegistry = {
    host,
    url: `http://${host}`,
    directory,
    async [Symbol.asyncDispose]() {
      process.off('exit', endWithUs);
      if (child.exitCode === null && child.pid !== undefined) {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    await Promise.race([failed, untilAnswering(registry.url, () => child.exitCode === null)]);
  } catch (error) {
    await registry[Symbol.asyncDispose]();
    throw new Error(`the registry did not come up: ${complaints}`, { cause: error });
  }
  return registry;
}

/**
 * Pushes an image as `name` (`busybox:1`, without the host).
 * @returns the full reference, and what was pushed.
 */
export async function pushImage(
  registry: Pick<TestRegistry, 'host' | 'url'>,
  name: string,
  image: TestImage | BuiltImage,
  credentials?: { username: string; password: string },
): Promise<BuiltImage & { reference: string; pinnedReference: string }> {
  const built = 'blobs' in image ? image : buildImage(image);
  const [repository = name, tag = 'latest'] = name.split(':');
  const headers: Record<string, string> =
    credentials === undefined
      ? {}
      : { authorization: `Basic ${btoa(`${credentials.username}:${credentials.password}`)}` };
  for (const [digest, blob] of built.blobs) await pushBlob(registry.url, repository, digest, blob, headers);
  await pushManifest(registry.url, repository, tag, built.manifest, built.manifestMediaType, headers);
  return {
    ...built,
    reference: `${registry.host}/${repository}:${tag}`,
    pinnedReference: `${registry.host}/${repository}@${built.manifestDigest}`,
  };
}

/** Pushes a multi-platform index over images that are in the repository already. */
export async function pushIndex(
  registry: Pick<TestRegistry, 'host' | 'url'>,
  name: string,
  images: readonly { image: BuiltImage; architecture: string; variant?: string }[],
): Promise<string> {
  const [repository = name, tag = 'latest'] = name.split(':');
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const manifests = images.map(({ image, architecture, variant }) => ({
    mediaType: image.manifestMediaType,
    digest: image.manifestDigest,
    size: image.manifest.length,
    platform: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) },
  }));
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  await pushManifest(registry.url, repository, tag, index, mediaType, {});
  return `${registry.host}/${repository}:${tag}`;
}

/** busybox with its usual links and `sh` as command, plus what the caller adds. */
export function busyboxImage(entries: readonly TarEntry[] = [], config: TestImage['config'] = {}): TestImage {
  const layers = entries.length === 0 ? [busyboxLayer()] : [busyboxLayer(), entries];
  return {
    layers,
    config: {
      Cmd: ['sh'],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ...config,
    },
  };
}

/** Writes the archive that `docker save` or `skopeo copy … oci-archive:` would write. */
export async function buildImageArchive(
  file: string,
  image: TestImage | BuiltImage,
  options: { format?: 'oci-archive' | 'docker-archive'; reference?: string } = {},
): Promise<BuiltImage> {
  const built = 'blobs' in image ? image : buildImage(image);
  const write = options.format === 'docker-archive' ? dockerArchive : ociArchive;
  await writeFile(file, write(built, options.reference));
  return built;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const closed = once(server, 'close');
  server.close();
  await closed;
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function registryConfig(directory: string, host: string, options: RegistryOptions): Promise<object> {
  const base = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
    http: { addr: host },
  };
  if (options.htpasswd === undefined) return base;
  const path = join(directory, 'htpasswd');
  await writeFile(path, options.htpasswd);
  return { ...base, auth: { htpasswd: { realm: 'test', path } } };
}

async function untilAnswering(url: string, alive: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (!alive()) throw new Error('it ended');
    const answer = await fetch(`${url}/v2/`).catch(() => undefined);
    if (answer !== undefined) return;
    await sleep(25);
  }
  throw new Error('no answer within 10 s');
}

async function pushBlob(
  url: string,
  repository: string,
  digest: string,
  blob: Buffer,
  headers: Record<string, string>,
): Promise<void> {
  const known = await fetch(`${url}/v2/${repository}/blobs/${digest}`, { method: 'HEAD', headers });
  if (known.ok) return;
  const begun = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers });
  await begun.arrayBuffer();
  const location = begun.headers.get('location');
  if (location === null) throw new Error(`cannot begin an upload: registry answered ${begun.status}`);
  const target = new URL(location, url);
  target.searchParams.set('digest', digest);
  const done = await fetch(target, { method: 'PUT', body: new Uint8Array(blob), headers });
  if (!done.ok)
    throw new Error(`cannot push ${digest}: registry answered ${done.status}: ${await done.text()}`);
}

async function pushManifest(
  url: string,
  repository: string,
  tag: string,
  manifest: Buffer,
  mediaType: string,
  headers: Record<string, string>,
): Promise<void> {
  const answer = await fetch(`${url}/v2/${repository}/manifests/${tag}`, {
    method: 'PUT',
    body: new Uint8Array(manifest),
    headers: { ...headers, 'content-type': mediaType },
  });
  if (!answer.ok) {
    throw new Error(
      `cannot push ${repository}:${tag}: registry answered ${answer.status}: ${await answer.text()}`,
    );
  }
}
