import { parseAllDocuments } from 'yaml';
import { ApiClient, type KubernetesObject } from '../client/api-client.ts';
import type { ResourceType } from '../client/resource-types.ts';
import { PeapodError } from '../model/errors.ts';

/** YAML or JSON with any number of documents, an object, or several; a `List` counts as its items. */
export type Manifest = string | object | readonly (string | object)[];

export interface AppliedObject extends KubernetesObject {
  readonly [field: string]: unknown;
}

interface ResourceList {
  readonly resources: { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/** @throws PeapodError Invalid for what is no object, or of a kind that the server does not have */
export function readManifest(manifest: Manifest): KubernetesObject[] {
  if (typeof manifest === 'string') {
    return parseAllDocuments(manifest).flatMap((document) => {
      const [problem] = document.errors;
      if (problem !== undefined) throw new PeapodError('Invalid', `malformed YAML: ${problem.message}`);
      const value: unknown = document.toJS();
      if (typeof value === 'string') throw noObject(value);
      return value === null ? [] : readManifest(value as object);
    });
  }
  if (Array.isArray(manifest)) return (manifest as (string | object)[]).flatMap((one) => readManifest(one));
  const object = manifest as KubernetesObject & { items?: object[] };
  if (typeof object !== 'object' || !object.kind || !object.apiVersion) throw noObject(manifest);
  return object.kind.endsWith('List') && Array.isArray(object.items) ? readManifest(object.items) : [object];
}

function noObject(value: unknown): PeapodError {
  return new PeapodError('Invalid', `no Kubernetes object: ${JSON.stringify(value).slice(0, 100)}`);
}

/** Applies objects of any kind that the server has, as `kubectl apply --server-side`. */
export class ObjectApplier {
  readonly #api: ApiClient;
  readonly #types = new Map<string, Promise<ResourceList>>();

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async apply(object: KubernetesObject, namespace: string): Promise<AppliedObject> {
    const type = await this.#typeOf(object);
    if (object.metadata?.generateName && !object.metadata.name)
      return this.#api.create(type, placed(object, type, namespace)) as Promise<AppliedObject>;
    return this.#api.apply(type, placed(object, type, namespace), { force: true }) as Promise<AppliedObject>;
  }

  async delete(object: KubernetesObject, namespace: string): Promise<void> {
    const type = await this.#typeOf(object);
    const { metadata } = placed(object, type, namespace);
    await this.#api.delete(type, metadata?.namespace ?? '', metadata?.name ?? '');
  }

  async #typeOf({ apiVersion = '', kind = '' }: KubernetesObject): Promise<ResourceType<KubernetesObject>> {
    const [version = '', group = ''] = apiVersion.split('/').toReversed();
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const list = this.#types.get(path) ?? this.#api.raw<ResourceList>('GET', path);
    this.#types.set(path, list);
    const { resources } = await list.catch((error: unknown) => {
      this.#types.delete(path);
      throw error;
    });
    const found = resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
    if (found === undefined)
      throw new PeapodError('Invalid', `no matches for kind "${kind}" in version "${apiVersion}"`);
    return { group, version, plural: found.name, kind, namespaced: found.namespaced };
  }
}

function placed(
  object: KubernetesObject,
  { namespaced }: ResourceType<unknown>,
  namespace: string,
): KubernetesObject {
  if (!namespaced) return object;
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata?.namespace ?? namespace } };
}
