/** The Kubernetes API with types. */
import type { DeleteOptions, ObjectMeta } from '../model/api/types.ts';
import { ApiError, apiError } from './api-error.ts';
import { readBody } from './read-body.ts';
import { readLines } from './read-lines.ts';
import { resourcePath, type ResourceType } from './resource-types.ts';
import type { ApiRequest, ApiResponse, Transport } from './transport.ts';

export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continueToken?: string;
  readonly resourceVersion?: string;
  /** The objects are only read: the server's own will do, where it is in this process. */
  readonly readOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface ObjectList<T> {
  readonly items: T[];
  readonly resourceVersion: string;
  readonly continueToken: string;
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: { metadata: { resourceVersion: string } } };

export type PatchKind = 'json' | 'merge' | 'strategic';

const PATCH_TYPES: Record<PatchKind, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

const APPLY_PATCH = 'application/apply-patch+yaml';

export interface ApiClientOptions {
  readonly transport: Transport;
  /** Whose writes these are: the field manager and `User-Agent`. */
  readonly name: string;
}

/** How an answer is wanted, and until when. */
export interface RawOptions {
  /** Media types, the most wanted first; plain JSON when absent. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

export interface NamedOptions {
  readonly subresource?: string;
  readonly signal?: AbortSignal;
}

/** All failures are `ApiError`s, or `PeapodError` Unavailable when there is no answer, or only a part of one. */
export class ApiClient {
  readonly #transport: Transport;
  readonly #name: string;

  constructor({ transport, name }: ApiClientOptions) {
    this.#transport = transport;
    this.#name = name;
  }

  async get<T>(
    type: ResourceType<T>,
    namespace: string,
    name: string,
    options: NamedOptions = {},
  ): Promise<T> {
    return this.#json('GET', resourcePath(type, namespace, name, options.subresource), undefined, options);
  }

  /** The object, or nothing when there is none. */
  async find<T>(
    type: ResourceType<T>,
    namespace: string,
    name: string,
    options: NamedOptions = {},
  ): Promise<T | undefined> {
    try {
      return await this.get(type, namespace, name, options);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'NotFound') return undefined;
      throw error;
    }
  }

  /** The objects have their kind, also where the server leaves it out of lists. */
  async list<T>(type: ResourceType<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    const path = `${resourcePath(type, options.namespace ?? '')}${queryOf(options)}`;
    const { objects } = this.#transport;
    if (options.readOnly === true && objects !== undefined)
      return (await objects.list(path)) as ObjectList<T>;
    const list = await this.#json<{
      items?: T[];
      metadata?: { resourceVersion?: string; continue?: string };
    }>('GET', path, undefined, options);
    const { resourceVersion = '', continue: continueToken = '' } = list.metadata ?? {};
    const { group, version, kind } = type;
    const typed = { apiVersion: group === '' ? version : `${group}/${version}`, kind };
    const items = (list.items ?? []).map((item) => ({ ...typed, ...item }));
    return { items, resourceVersion, continueToken };
  }

  async create<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options: NamedOptions & { name?: string } = {},
  ): Promise<T> {
    const path = resourcePath(type, object.metadata?.namespace ?? '', options.name, options.subresource);
    return this.#json('POST', this.#managed(path), object, options);
  }

  /** Posts to a subresource whose answer is of another type. */
  async post<T>(
    type: ResourceType<unknown>,
    namespace: string,
    name: string,
    subresource: string,
    body: object,
  ): Promise<T> {
    return this.#json('POST', resourcePath(type, namespace, name, subresource), body, {});
  }

  async update<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options: NamedOptions = {},
  ): Promise<T> {
    const { namespace = '', name = '' } = object.metadata ?? {};
    return this.#json(
      'PUT',
      this.#managed(resourcePath(type, namespace, name, options.subresource)),
      object,
      options,
    );
  }

  async patch<T>(
    type: ResourceType<T>,
    namespace: string,
    name: string,
    kind: PatchKind,
    patch: unknown,
    options: NamedOptions = {},
  ): Promise<T> {
    const path = this.#managed(resourcePath(type, namespace, name, options.subresource));
    return this.#json('PATCH', path, patch, options, PATCH_TYPES[kind]);
  }

  /**
   * Server-side apply: makes the object, or gives it the fields that the configuration says, and owns them from then on.
   * @param options.manager who applies; the client's name when absent
   * @param options.force takes fields that others own; without it they make a `Conflict`
   */
  async apply<T extends KubernetesObject>(
    type: ResourceType<T>,
    configuration: T,
    options: NamedOptions & { readonly manager?: string; readonly force?: boolean } = {},
  ): Promise<T> {
    const { namespace = '', name = '' } = configuration.metadata ?? {};
    const { group, version, kind } = type;
    const typed = { apiVersion: group === '' ? version : `${group}/${version}`, kind, ...configuration };
    const manager = encodeURIComponent(options.manager ?? this.#name);
    const path = resourcePath(type, namespace, name, options.subresource);
    const force = options.force === true ? '&force=true' : '';
    return this.#json('PATCH', `${path}?fieldManager=${manager}${force}`, typed, options, APPLY_PATCH);
  }

  /** Answers nothing when there was nothing to delete. */
  async delete(
    type: ResourceType<unknown>,
    namespace: string,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    try {
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...options };
      await this.#json('DELETE', resourcePath(type, namespace, name), body, {});
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'NotFound') throw error;
    }
  }

  /**
   * Events from a version on, or with `sendInitialEvents` first an ADDED for each object that there is, up to the first BOOKMARK, until the signal aborts, the server ends the watch, or it fails with `Expired`. */
  watch<T>(
    type: ResourceType<T>,
    options: ListOptions & ({ resourceVersion: string } | { sendInitialEvents: true }),
  ): AsyncGenerator<WatchEvent<T>> {
    const initial =
      'sendInitialEvents' in options
        ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
        : undefined;
    const query = queryOf(options, { watch: 'true', allowWatchBookmarks: 'true', ...initial });
    const path = `${resourcePath(type, options.namespace ?? '')}${query}`;
    const { objects } = this.#transport;
    if (options.readOnly === true && objects !== undefined)
      return objects.watch(path, options.signal) as AsyncGenerator<WatchEvent<T>>;
    return this.watchPath<T>(path, signalOf(options));
  }

  /** The events that any path with `watch=true` gives; ends and fails as `watch` does. */
  async *watchPath<T>(path: string, options: RawOptions = {}): AsyncGenerator<WatchEvent<T>> {
    const response = await this.#send({ method: 'GET', path, ...options });
    for await (const line of readLines(response.body)) {
      const event = JSON.parse(line) as WatchEvent<T> | { type: 'ERROR'; object: object };
      if (event.type === 'ERROR') throw new ApiError(event.object);
      yield event;
    }
  }

  /** Any path, its answer as JSON. */
  async raw<T>(
    method: ApiRequest['method'],
    path: string,
    body?: object,
    options: RawOptions = {},
  ): Promise<T> {
    return this.#json(method, path, body, options);
  }

  #managed(path: string): string {
    return `${path}?fieldManager=${encodeURIComponent(this.#name)}`;
  }

  async #json<T>(
    method: ApiRequest['method'],
    path: string,
    body: unknown,
    options: RawOptions,
    contentType = 'application/json',
  ): Promise<T> {
    const response = await this.#send({
      method,
      path,
      ...(body === undefined ? {} : { body: JSON.stringify(body), contentType }),
      ...(options.accept === undefined ? {} : { accept: options.accept }),
      ...signalOf(options),
    });
    return JSON.parse(await textOf(response)) as T;
  }

  async #send({
    contentType,
    accept = 'application/json',
    ...request
  }: Omit<ApiRequest, 'headers'> & { contentType?: string; accept?: string }): Promise<ApiResponse> {
    const headers = {
      accept,
      'user-agent': this.#name,
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
    };
    const answer = await this.#transport.send({ ...request, headers });
    const response = { ...answer, body: readBody(answer, request.signal) };
    if (response.status < 300) return response;
    throw apiError(response.status, await textOf(response));
  }
}

function signalOf({ signal }: { signal?: AbortSignal }): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

async function textOf({ body }: ApiResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function queryOf(options: ListOptions, more: Record<string, string> = {}): string {
  const query = new URLSearchParams(more);
  const { labelSelector, fieldSelector, limit, continueToken, resourceVersion } = options;
  if (labelSelector) query.set('labelSelector', labelSelector);
  if (fieldSelector) query.set('fieldSelector', fieldSelector);
  if (limit !== undefined) query.set('limit', String(limit));
  if (continueToken) query.set('continue', continueToken);
  if (resourceVersion) query.set('resourceVersion', resourceVersion);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
