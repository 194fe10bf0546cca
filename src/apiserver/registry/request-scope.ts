import type { ApiObject } from '../api-object.ts';
import type { Resource, StrategyContext } from '../resource.ts';

/** What every verb is told of the request that it serves. */
export interface RequestContext extends StrategyContext {
  /** Everything is done but the write. */
  readonly dryRun?: boolean;
  /** Who is noted as the owner of the fields that are written. */
  readonly fieldManager?: string;
  /** A line for the client's eyes: a `Warning` header. */
  readonly warn: (text: string) => void;
}

/** Which objects: of a kind, and in a namespace unless the kind has none or all are meant. */
export interface Scope {
  readonly resource: Resource;
  /** Empty: the kind has none, or all of them. */
  readonly namespace: string;
}

export type WriteOperation = 'CREATE' | 'UPDATE' | 'DELETE';

export interface AdmissionRequest {
  readonly operation: WriteOperation;
  readonly scope: Scope;
  readonly name: string;
  readonly subresource: string;
  /** Nothing on deletion. May be changed in place before it is validated. */
  readonly object: ApiObject | undefined;
  readonly previous: ApiObject | undefined;
  /** Admission has given the object already what it would give it: it may refuse it, and changes nothing. */
  readonly isSettled?: boolean;
  readonly context: RequestContext;
}

/**
 * Looks at what is about to be written, after defaulting and before validation; may change it.
 * @throws StatusError to refuse
 */
export type Admission = (request: AdmissionRequest) => Promise<void> | undefined;

/** `/pods/default/web`, `/nodes/n1` */
export function storeKey({ resource, namespace }: Scope, name: string): string {
  return resource.namespaced ? `/${resource.storedAs}/${namespace}/${name}` : `/${resource.storedAs}/${name}`;
}

/** The prefix of all keys in the scope. */
export function storePrefix({ resource, namespace }: Scope): string {
  const inNamespace = resource.namespaced && namespace !== '' ? `${namespace}/` : '';
  return `/${resource.storedAs}/${inNamespace}`;
}

export function apiVersionOf({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}
