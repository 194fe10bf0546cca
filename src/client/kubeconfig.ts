/**
 * Where the cluster is and who we are, as kubectl is told.
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { PeapodError } from '../model/errors.ts';
import type { HttpsTransportOptions } from './https-transport.ts';

interface Named<K extends string, T> {
  name: string;
  value?: T;
  kind?: K;
}

interface Cluster {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'tls-server-name'?: string;
  'insecure-skip-tls-verify'?: boolean;
}

interface User {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  exec?: object;
  'auth-provider'?: object;
  username?: string;
}

interface Config {
  'current-context'?: string;
  contexts?: (Named<'context', never> & {
    context?: { cluster?: string; user?: string; namespace?: string };
  })[];
  clusters?: (Named<'cluster', never> & { cluster?: Cluster })[];
  users?: (Named<'user', never> & { user?: User })[];
}

export interface KubeconfigTarget extends HttpsTransportOptions {
  /** Of the context; `default` when it names none. */
  readonly namespace: string;
}

export interface KubeconfigOptions {
  /** A path, or several with `:` between; `KUBECONFIG`, then `~/.kube/config`, when absent. */
  readonly path?: string;
  readonly context?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** @throws PeapodError NotFound when there is no file or context; Invalid; Unsupported for log-ins that need a program */
export async function readKubeconfig(options: KubeconfigOptions = {}): Promise<KubeconfigTarget> {
  const env = options.env ?? process.env;
  const paths = (options.path ?? (env['KUBECONFIG'] || join(env['HOME'] ?? homedir(), '.kube/config'))).split(
    ':',
  );
  const { config, directory } = await readFirst(paths.filter((path) => path !== ''));
  const contextName = options.context ?? config['current-context'] ?? '';
  const context = config.contexts?.find(({ name }) => name === contextName)?.context;
  if (context === undefined)
    throw new PeapodError(
      'NotFound',
      `there is no context ${JSON.stringify(contextName)} in ${paths.join(':')}`,
    );
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster;
  if (cluster?.server === undefined)
    throw new PeapodError('Invalid', `the cluster ${JSON.stringify(context.cluster ?? '')} has no server`);
  const user = config.users?.find(({ name }) => name === context.user)?.user ?? {};
  if (user.exec !== undefined || user['auth-provider'] !== undefined || user.username !== undefined) {
    throw new PeapodError(
      'Unsupported',
      `the user ${JSON.stringify(context.user ?? '')} logs in by other means than a certificate or token`,
    );
  }
  const material = (data: string | undefined, path: string | undefined) =>
    readMaterial(data, path, directory);
  const ca = await material(cluster['certificate-authority-data'], cluster['certificate-authority']);
  const certificate = await material(user['client-certificate-data'], user['client-certificate']);
  const key = await material(user['client-key-data'], user['client-key']);
  const { token, tokenFile } = user;
  const readToken =
    token !== undefined
      ? () => token
      : tokenFile === undefined
        ? undefined
        : async () => (await readFile(resolve(directory, tokenFile), 'utf8')).trim();
  return {
    server: cluster.server,
    namespace: context.namespace ?? 'default',
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(readToken === undefined ? {} : { token: readToken }),
    ...(cluster['tls-server-name'] === undefined ? {} : { serverName: cluster['tls-server-name'] }),
    ...(cluster['insecure-skip-tls-verify'] === true ? { insecure: true } : {}),
  };
}

async function readFirst(paths: readonly string[]): Promise<{ config: Config; directory: string }> {
  for (const path of paths) {
    try {
      return {
        config: (parse(await readFile(path, 'utf8')) ?? {}) as Config,
        directory: dirname(resolve(path)),
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new PeapodError('Invalid', `cannot read ${path}: ${(error as Error).message}`, { cause: error });
    }
  }
  throw new PeapodError('NotFound', `there is no kubeconfig: ${paths.join(':')}`, {
    hint: 'peapod kubeconfig',
  });
}

async function readMaterial(
  data: string | undefined,
  path: string | undefined,
  directory: string,
): Promise<string | undefined> {
  if (data !== undefined) return Buffer.from(data, 'base64').toString();
  return path === undefined ? undefined : readFile(resolve(directory, path), 'utf8');
}
